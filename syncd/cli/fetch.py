"""`syncd fetch TARGET --held|--online|--version N --output FILE`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from syncd.actions import obtaining, selection
from syncd.cli import session
from syncd.cli.output import new_file
from syncd.cli.output.screen import Screen
from syncd.core.errors import SpoolError, UsageError
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.records import Row
from syncd.core.results import OK
from syncd.text import text

_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line."""

    target: str
    held: bool
    online: bool
    number: int | None
    output: str
    overwrite: bool
    patience: float | None


def run(asked: Asked) -> int:
    if asked.held + asked.online + (asked.number is not None) != 1:
        raise UsageError("fetch_which")
    output = Path(asked.output)
    new_file.expect_room(output, overwrite=asked.overwrite)
    started = session.begin()
    with session.world(started, read_only=True, patience=asked.patience) as adapters:
        chosen = selection.select(started, adapters.ledger, None, asked.target)
        row = obtaining.row_to_look_at(chosen.entries[0], chosen.only, adapters)
        with _wanted(asked, row, adapters, chosen.only) as file:
            # Held files may hold what nobody else should see.
            copy = partial(_copy, file, output)
            new_file.save(output, copy, overwrite=asked.overwrite, mode=0o600)
            digest = file.digest
    Screen().say(text("fetch_done", path=str(output), size=digest.size, sha1=digest.sha1))
    return OK


def _wanted(
    asked: Asked, row: Row, adapters: Adapters, given: str
) -> AbstractContextManager[SpooledFile]:
    if asked.held:
        return obtaining.held(row, adapters, given)
    if asked.number is not None:
        return obtaining.former(row, asked.number, adapters, given)
    binding = row.binding
    there = obtaining.resource_online(binding.dataset, binding.resource, adapters, given)
    return obtaining.online(there, adapters)


def _copy(file: SpooledFile, output: Path, into: IO[bytes]) -> None:
    from syncd.adapters.disk.spool import digest_of

    if digest_of(_written(file.path, into)) != file.digest:
        raise SpoolError("fetched_other_bytes", path=str(output), sha1=file.digest.sha1)


def _written(path: Path, into: IO[bytes]) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            into.write(chunk)
            yield chunk
