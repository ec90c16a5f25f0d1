"""What the commands that touch the world have in common: settings, logs and manifest."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

import click

from syncd import bootstrap, telemetry, text
from syncd.config import configuration
from syncd.config.garbage import no_collection
from syncd.config.settings import Settings, load_settings, secret_values
from syncd.core.errors import ManifestError, SyncdError
from syncd.core.patience import Patience
from syncd.service.instance_lock import is_anyone_there
from syncd.text import figures

if TYPE_CHECKING:
    from syncd.core.ports import Adapters

PATIENCE = 60.0  # seconds that a command waits in all, where it is typed and says no other


@contextmanager
def world(
    started: configuration.App, *, read_only: bool, patience: float | None = None
) -> Iterator[Adapters]:
    """The adapters of a command, closed again on leaving.

    `patience`: seconds that it waits in all; None = `PATIENCE` where a person sits there, else as
    long as the service would.
    """
    from syncd.cli.output.progress import progress  # here: what only looks shows none

    with limited(patience) as waits:
        opened = bootstrap.adapters(started, progress(), read_only=read_only, waits=waits)
        with ExitStack() as stack:
            with no_collection():  # with it comes all that is imported for it
                adapters = stack.enter_context(opened)
            yield adapters


def for_a_lock(patience: float | None) -> float:
    """Seconds that a command waits for another syncd on a dataset."""
    return PATIENCE if patience is None else patience


@contextmanager
def limited(patience: float | None = None) -> Iterator[bootstrap.Waits]:
    """The waits of a command; says at its end that it waited no longer, where it did not."""
    if patience is None and not is_typed():
        yield bootstrap.Waits()
        return
    limit = Patience(PATIENCE if patience is None else patience, time.monotonic)
    try:
        yield bootstrap.Waits(allows=limit.allows, longest=limit.seconds)
    finally:
        if limit.refused:
            allowed, asked = round(limit.seconds), round(limit.refused)
            said = "wait_over_asked" if asked else "wait_over"
            click.echo(text.text(said, limit=allowed, asked=asked), err=True)


def begin(*, only_looks: bool = False, anew: bool = False) -> configuration.App:
    """Settings, logs and manifest, in this order. `ConfigError` with every problem at once.

    `only_looks`: see `settings`; `anew`: see `configuration.start`.
    """
    with no_collection():
        app = _in_its_time(configuration.start(settings(only_looks=only_looks), anew=anew))
        gc.freeze()  # it all stays to the end: a million objects that need no search for cycles
    return app


def _in_its_time(app: configuration.App) -> configuration.App:
    """From now on instants are told as the manifest's readers tell them."""
    figures.tell_time_in(app.manifest.timezone)
    return app


def begin_beside_service(
    *, only_looks: bool = False
) -> tuple[configuration.App, ManifestError | None]:
    """As `begin`. While a service runs, a broken manifest stops no look at what it does.

    The service works by the last good manifest then; the second value is what is wrong on disk.
    """
    found = settings(only_looks=only_looks)
    try:
        return _in_its_time(configuration.start(found)), None
    except ManifestError as error:
        former = _last_good(found) if is_anyone_there(found.state_dir) else None
        if former is None:
            raise
        return _in_its_time(former), error


def _last_good(settings: Settings) -> configuration.App | None:
    from syncd.service.manifest_store import ManifestStore  # here: a sound manifest needs none

    return ManifestStore(settings).last_good()


def settings(*, only_looks: bool = False) -> Settings:
    """Settings and logs alone. `ConfigError` with every problem at once.

    `only_looks`: of a command none of whose modules logs anything by structlog, which
    tests/unit/project/test_what_a_look_loads.py holds it to; it starts much sooner.
    """
    found = load_settings()
    text.speak(found.lang)
    telemetry.configure(
        found.log_format or "auto", _level(found), secret_values(found), own_events=not only_looks
    )
    return found


def tell_time_of(settings: Settings) -> None:
    """As `begin`, for what needs no manifest: where there is none that can be read, it is UTC."""
    with suppress(SyncdError):
        from syncd.config.manifest import load  # here: with it come YAML and pydantic

        figures.tell_time_in(load(settings.manifest).timezone)


def _level(settings: Settings) -> str:
    """On a terminal the command's own words are enough, unless a level was asked for."""
    if sys.stderr.isatty() and "log_level" not in settings.model_fields_set:
        return "error"
    return settings.log_level


def is_typed() -> bool:
    """Whether a person sits at a terminal. A timer has none."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return any(stream is not None and stream.isatty() for stream in streams)
