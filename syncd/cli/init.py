"""`syncd init`: a manifest to begin with, for datasets that exist."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from syncd import bootstrap
from syncd.actions.init import Draft, draft
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output import manifest_text
from syncd.cli.output.manifest_text import Where
from syncd.cli.output.progress import progress
from syncd.config.manifest import DEFAULT_IGNORE, LoadedManifest, load, shown, source
from syncd.config.settings import Settings
from syncd.core.addresses import Address, dataset_address, portal_url
from syncd.core.errors import Gone, NotFound, UsageError
from syncd.core.portal import Dataset
from syncd.core.ports import Portal
from syncd.core.results import OK
from syncd.text import text

_PORTAL = "https://www.data.gouv.fr"
_SOURCE = "depot"


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line."""

    datasets: tuple[str, ...]
    organization: str | None
    portal: str | None
    endpoint: str | None
    bucket: str | None
    source: str | None
    output: str | None
    overwrite: bool


def run(asked: Asked) -> int:
    if not asked.datasets and asked.organization is None:
        raise UsageError("init_nothing")
    output = Path(asked.output) if asked.output else None
    if output is not None:
        _expect_room(output, overwrite=asked.overwrite)
    settings = session.settings()
    addresses = [_address(given) for given in asked.datasets]
    where = _where(asked, addresses, settings)
    with bootstrap.visit(settings, where.portal, where.name, where.source) as (
        portal,
        bucket,
        spool,
    ):
        datasets = _datasets(asked, addresses, portal)
        with_key = settings.api_key is not None
        found = draft(datasets, bucket, spool, progress(), DEFAULT_IGNORE, with_key=with_key)
    written = manifest_text.write(found, where)
    if output is None:
        show(written)
    else:
        _save(output, written, overwrite=asked.overwrite)
    _tell(found, asked.output or "")
    return OK


def _address(given: str) -> Address:
    found = dataset_address(given)
    if found is None:
        raise UsageError("init_no_address", given=shown(given))
    return found


def _where(asked: Asked, addresses: list[Address], settings: Settings) -> Where:
    """What was typed, and for the rest the manifest that is there already."""
    complete = asked.endpoint is not None and asked.bucket is not None
    if (asked.endpoint is None) != (asked.bucket is None):
        raise UsageError("init_half_source")
    there = None
    if not complete:
        if not settings.manifest.exists():
            raise UsageError("init_no_source", path=str(settings.manifest))
        there = load(settings.manifest)
    portal = _portal(asked, addresses, there)
    if there is None:
        name = asked.source or _SOURCE
        return Where(portal, name, source(name, asked.endpoint or "", asked.bucket or ""))
    name = _named(there, asked.source)
    return Where(portal, name, there.sources[name])


def _named(there: LoadedManifest, given: str | None) -> str:
    known = ", ".join(there.sources)
    if given is None and len(there.sources) == 1:
        return known
    if given is None:
        raise UsageError("init_which_source", known=known)
    if given not in there.sources:
        raise UsageError("source_unknown", name=given, known=known)
    return given


def _portal(asked: Asked, addresses: list[Address], there: LoadedManifest | None) -> str:
    wanted = ""
    if asked.portal is not None:
        try:
            wanted = portal_url(asked.portal)
        except ValueError:
            raise UsageError("bad_url", read=shown(asked.portal), example=_PORTAL) from None
    for address in addresses:
        if address.portal and wanted and address.portal != wanted:
            raise UsageError("other_portal", read=address.portal, portal=wanted)
        wanted = wanted or address.portal
    return wanted or (there.portal if there else _PORTAL)


def _datasets(asked: Asked, addresses: list[Address], portal: Portal) -> list[Dataset]:
    """Each once, in the order in which they were named."""
    found: dict[str, Dataset] = {}
    for given, address in zip(asked.datasets, addresses, strict=True):
        try:
            one = portal.describe(portal.resolve(address.text))
        except (NotFound, Gone):
            raise UsageError("init_no_dataset", given=shown(given), portal=portal.url) from None
        found.setdefault(one.id, one)
    if asked.organization is not None:
        for identifier in _of_organization(asked.organization, portal):
            if identifier not in found:
                found[identifier] = portal.describe(identifier)
    return list(found.values())


def _of_organization(given: str, portal: Portal) -> tuple[str, ...]:
    name = given.rstrip("/").rsplit("/", 1)[-1]  # its page's address will do as well
    try:
        found = portal.datasets_of(name)
    except NotFound:
        raise UsageError("init_no_organization", given=shown(given), portal=portal.url) from None
    if not found:
        raise UsageError("init_empty_organization", given=shown(given))
    return found


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


def _tell(found: Draft, output: str) -> None:
    entries = [entry for part in found.datasets for entry in part.entries]
    sure = sum(entry.found.sure for entry in entries)
    guessed = sum(bool(entry.found.guesses) for entry in entries) - sure
    rest = len(entries) - sure - guessed
    if output:
        say(text("init_written", path=output))
    say(text("init_counts", sure=sure, guessed=guessed, rest=rest))
    say(text("init_next"))
