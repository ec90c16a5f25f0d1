"""`syncd init`: a manifest to begin with, for datasets that exist."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from syncd import bootstrap
from syncd.actions.init import Draft, InitRequest, addresses_of, described, draft, origin
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output import manifest_text, new_file
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
        new_file.expect_room(path, overwrite=overwrite)
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
        content = written.encode("utf-8")
        new_file.save(path, lambda into: into.write(content), overwrite=overwrite, mode=0o644)
    _tell(made, output or "")
    return OK


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
