"""A large table is looked into while it is fetched: two processors work, and less is waited for.

What is found counts for the bytes that were read to their end; all else is thrown away, and the
file read as any other. Nothing is read ahead of which it is known that it may be for nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from syncd.core.file_names import extensions_of
from syncd.core.ports import Following
from syncd.sync.content import online_of, schema_of
from syncd.sync.context import DatasetContext, TargetState

# What is read from its beginning to its end; all else waits for its last bytes.
_IN_ORDER = frozenset({"csv", "tsv", "json", "geojson", "jsonl", "ndjson", "xml", "gml"})


class ReadingAhead:
    """Of one target's file, from `begin` to the end of the block; see `ContentReader.follow`.

    The ledger notes it beforehand, as it does of each file that is opened, here by its ETag: what
    ended a process in the middle of it is not read ahead again.
    """

    def __init__(self, context: DatasetContext, state: TargetState, least: int) -> None:
        self.following: Following | None = None
        self._adapters = context.adapters
        self._version = state.item.version
        self._sign = hashlib.sha1(
            f"{self._version.fingerprint.etag} {state.size}".encode(), usedforsecurity=False
        ).hexdigest()
        target, online = state.item.target, online_of(state)
        self._is_worth_it = (
            state.size >= least
            and extensions_of(state.item.key)[0] in _IN_ORDER
            and set(target.guards.levels.values()) != {"off"}
            and not target.by_content
            and schema_of(target.guards, online) is None
            # As many bytes as are online: they may well be the same, and are not looked into then.
            and (online is None or online.size != state.size)
        )
        self._is_noted = False

    def begin(self, path: Path) -> None:
        ledger, name = self._adapters.ledger, self._version.key
        if not self._is_worth_it:
            return
        is_deadly = ledger.deaths(self._sign, name) > 0
        self._is_noted = True
        if is_deadly:
            return
        ledger.begin_reading(self._sign, name, self._adapters.clock())
        self.following = self._adapters.reader.follow(path, name, self._version.fingerprint.size)

    def end(self) -> None:
        following, self.following = self.following, None
        if following is not None:
            following.end()
        if self._is_noted:
            self._is_noted = False
            self._adapters.ledger.end_reading(self._sign, self._version.key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
