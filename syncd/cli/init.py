"""`syncd init`: a manifest to begin with, for datasets that exist."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from syncd import bootstrap
from syncd.actions.init import Draft, InitRequest, addresses_of, described, draft, origin
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output import manifest_text
from syncd.cli.output.progress import progress
from syncd.config import configuration
from syncd.config.manifest import DEFAULT_IGNORE
from syncd.core.errors import UsageError
from syncd.core.results import OK
from syncd.text import text


def run(*, output: str | None, overwrite: bool, **asked: Any) -> int:
    request = InitRequest(**asked)
    if not request.datasets and request.organization is None:
        raise UsageError("init_nothing")
    path = Path(output) if output else None
    if path is not None:
        _expect_room(path, overwrite=overwrite)
    settings = session.settings()
    addresses = addresses_of(request)
    made_from = origin(request, addresses, settings)
    if open_way := configuration.portal_in_the_open(settings, made_from.portal):
        raise UsageError(open_way.code, **open_way.facts)
    with bootstrap.visit(settings, made_from.portal, made_from.name, made_from.source) as (
        portal,
        bucket,
        spool,
    ):
        datasets = described(request, addresses, portal)
        with_key = settings.api_key is not None
        made = draft(datasets, bucket, spool, progress(), DEFAULT_IGNORE, with_key=with_key)
    written = manifest_text.write(made, made_from)
    if path is None:
        show(written)
    else:
        _save(path, written, overwrite=overwrite)
    _tell(made, output or "")
    return OK


def show(written: str) -> None:
    """To a file or another program as a manifest is read: another letter is another key."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(written)


def _expect_room(output: Path, *, overwrite: bool) -> None:
    if output.exists() and not overwrite:
        raise UsageError("init_exists", path=str(output))
    if not output.parent.is_dir():
        raise UsageError("init_unwritable", path=str(output), detail=os.strerror(2))


def _save(output: Path, written: str, *, overwrite: bool) -> None:
    """The whole file or none; without `overwrite` never over one that came meanwhile."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=output.parent, prefix=f".{output.name}.", delete=False
        ) as beside:
            beside.write(written)
        try:
            Path(beside.name).chmod(0o644)
            if overwrite:
                Path(beside.name).replace(output)
            else:
                os.link(beside.name, output)
        finally:
            Path(beside.name).unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError("init_exists", path=str(output)) from None
    except OSError as error:
        detail = error.strerror or ""
        raise UsageError("init_unwritable", path=str(output), detail=detail) from error


def _tell(made: Draft, output: str) -> None:
    entries = [entry for part in made.datasets for entry in part.entries]
    sure = sum(entry.found.sure for entry in entries)
    guessed = sum(bool(entry.found.guesses) for entry in entries) - sure
    rest = len(entries) - sure - guessed
    if output:
        say(text("init_written", path=output))
    say(text("init_counts", sure=sure, guessed=guessed, rest=rest))
    say(text("init_next"))
