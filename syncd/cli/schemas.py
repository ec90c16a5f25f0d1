"""`syncd schemas [update] [--from PLACE]`."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from syncd import bootstrap
from syncd.actions.schemas import CATALOGUE, Updated, from_copy, update
from syncd.cli import session
from syncd.cli.output.writer import Writer
from syncd.config.regular_files import read_regular
from syncd.core.clock import now
from syncd.core.errors import UsageError
from syncd.core.results import OK
from syncd.core.schemas import FrozenCatalogue
from syncd.text import text


def run(*, what: str | None, place: str | None) -> int:
    if place is not None and what is None:
        raise UsageError("schemas_from_alone")
    settings = session.settings()
    session.tell_time_of(settings)
    store = bootstrap.schema_store(settings)
    screen = Writer()
    if what is None:
        _show(screen, store.catalogue())
        return OK
    if place is not None:
        done = update(store, from_copy(Path(place), read_regular), now())
    else:
        with closing(bootstrap.public_files(settings, CATALOGUE)) as files:
            done = update(store, files.get, now())
    _tell(screen, done)
    return OK


def _show(screen: Writer, catalogue: FrozenCatalogue | None) -> None:
    if catalogue is None:
        screen.say(text("schemas_none"))
        return
    screen.say(text("schemas_frozen", date=catalogue.at, count=len(catalogue.schemas)))
    for name, schema in sorted(catalogue.schemas.items()):
        screen.say(f"  {name}@{schema.latest}  {schema.title}")
        others = [version for version in schema.versions if version != schema.latest]
        if others:
            screen.say("    " + text("schemas_versions", versions=", ".join(others)), "dim")


def _tell(screen: Writer, done: Updated) -> None:
    schemas = done.catalogue.schemas
    screen.say(text("schemas_frozen", date=done.catalogue.at, count=len(schemas)))
    for code, labels in (
        ("schemas_new", done.new),
        ("schemas_changed", done.changed),
        ("schemas_missing", done.missing),
        ("schemas_gone", done.gone),
    ):
        if labels:
            shown = ", ".join(labels[:10]) + (", …" if len(labels) > 10 else "")
            screen.say(text(code, count=len(labels), names=shown))
