"""`syncd init`: a manifest to begin with, or more of one, for datasets that exist."""

from __future__ import annotations

import io
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncd import bootstrap
from syncd.actions.init import (
    Claims,
    Draft,
    InitRequest,
    Origin,
    addresses_of,
    described,
    draft,
    origin,
)
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output import manifest_text, new_file
from syncd.cli.output.progress import progress
from syncd.config import configuration
from syncd.config.manifest import DEFAULT_IGNORE, file_bytes
from syncd.config.manifest.growing import ManifestText
from syncd.core.errors import ManifestError, UsageError
from syncd.core.portal import Dataset
from syncd.core.results import OK
from syncd.text import sentence, text


def run(*, output: str | None, overwrite: bool, into: str | None, **asked: Any) -> int:
    if into is not None and (output or overwrite or asked["endpoint"] or asked["bucket"]):
        raise UsageError("init_into_alone")
    there = _there(Path(into)) if into is not None else None
    request = InitRequest(**asked, into=there.manifest if there else None)
    if not request.datasets and request.organization is None:
        raise UsageError("init_nothing")
    path = Path(output) if output else None
    if path is not None:
        new_file.expect_room(path, overwrite=overwrite)
    settings = session.settings()
    addresses = addresses_of(request)
    made_from = origin(request, addresses, settings)
    if open_way := configuration.portal_in_the_open(settings, made_from.portal):
        raise UsageError(open_way.code, **open_way.facts)
    claims = Claims(there.manifest, made_from.source) if there else None
    with bootstrap.visit(settings, made_from.portal, made_from.name, made_from.source) as (
        portal,
        bucket,
        spool,
    ):
        datasets = described(request, addresses, portal)
        if there is not None and claims is not None:
            datasets = _missing_in(there, claims, datasets)
            if not datasets:
                return OK
        with_key = settings.api_key is not None
        made = draft(
            datasets, bucket, spool, progress(), DEFAULT_IGNORE, with_key=with_key, claims=claims
        )
    if there is not None:
        _grow(there, made, made_from)
    elif path is None:
        show(manifest_text.write(made, made_from))
    else:
        content = manifest_text.write(made, made_from).encode("utf-8")
        new_file.save(path, lambda into: into.write(content), overwrite=overwrite, mode=0o644)
    _tell(made, output or "")
    return OK


def _there(path: Path) -> ManifestText:
    """`ManifestError` where it is none, so that nothing is asked of anybody."""
    return ManifestText.of(file_bytes(path), str(path))


def _missing_in(there: ManifestText, claims: Claims, datasets: list[Dataset]) -> list[Dataset]:
    new = []
    for dataset in datasets:
        if claims.has_dataset(dataset) or there.mentions(dataset.id):
            facts = {"title": dataset.title, "id": dataset.id, "path": there.file}
            say(text("init_there", **facts))
        else:
            new.append(dataset)
    return new


def _grow(there: ManifestText, made: Draft, made_from: Origin) -> None:
    """Whole or not at all; not over what somebody wrote into it meanwhile."""
    for part in made.datasets:
        if not part.entries:
            why = sentence(part.why) if part.why is not None else text("draft_no_file")
            say(text("init_left_out", title=part.dataset.title, why=why))
    wanted = tuple(part for part in made.datasets if part.entries)
    if not wanted:
        return
    source = "" if made_from.name == there.default_source else made_from.name
    lines = manifest_text.added(replace(made, datasets=wanted), source)
    try:
        grown = there.with_datasets(lines)
    except ManifestError as error:
        why = sentence(error.problems[0].reason)
        raise UsageError("init_into_wrong", path=there.file, why=why) from error
    path = Path(there.file).resolve()  # where it is a link, the link stays
    if file_bytes(path) != there.data:
        raise UsageError("init_into_changed", path=there.file)
    former = path.stat()  # whoever reads it may be another user than who writes it
    new_file.save(
        path,
        lambda into: into.write(grown),
        overwrite=True,
        mode=stat.S_IMODE(former.st_mode),
        owner=(former.st_uid, former.st_gid),
    )
    say(text("init_grown", path=there.file, count=len(wanted)))


def show(written: str) -> None:
    """To a file or another program as a manifest is read: another letter is another key."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(written)


def _tell(made: Draft, output: str) -> None:
    entries = [entry for part in made.datasets for entry in part.entries]
    sure = sum(entry.found.sure for entry in entries)
    guessed = sum(bool(entry.found.guesses) for entry in entries) - sure
    rest = len(entries) - sure - guessed
    if output:
        say(text("init_written", path=output))
    say(text("init_counts", sure=sure, guessed=guessed, rest=rest))
    say(text("init_next"))
