"""The file online that an upload would replace: fetched when something wants it, and once."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import structlog

from syncd.core.errors import PortalError, SpoolError
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.guards.profile import Profile
from syncd.sync.content import Content

log = structlog.get_logger("syncd.safekeeping")


class ReplacedFile:
    """What is online in a target's place, for the length of one attempt."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._open = ExitStack()
        self._fetched: dict[tuple[str, str | None], tuple[SpooledFile, Content] | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def file(self, online: Resource) -> SpooledFile | None:
        """Its bytes; None where they cannot be had, or are not those that the portal speaks of."""
        found = self._found(online)
        return None if found is None else found[0]

    def profile(self, online: Resource) -> Profile | None:
        """What it holds; None as for `file`. `ReaderError`, `Shortage`: see `Content`."""
        found = self._found(online)
        return None if found is None else found[1].profile

    def known_profile(self, online: Resource) -> Profile | None:
        """The same, if it was asked for before."""
        found = self._fetched.get((online.id, online.sha1))
        return None if found is None else found[1].known

    def _found(self, online: Resource) -> tuple[SpooledFile, Content] | None:
        which = online.id, online.sha1
        if which not in self._fetched:
            self._fetched[which] = self._fetch(online)
        return self._fetched[which]

    def _fetch(self, online: Resource) -> tuple[SpooledFile, Content] | None:
        adapters, name = self._adapters, online.made_title
        try:
            with adapters.portal.download(online.url) as download:
                size = download.size or 0
                with adapters.progress.transfer(name, "keep", size) as bar:
                    file = self._open.enter_context(
                        adapters.spool.take(name, size, download.chunks, bar)
                    )
        except (PortalError, SpoolError) as error:
            log.info("archive.online_not_read", resource=online.id, why=str(error))
            return None
        if online.sha1 is not None and file.digest.sha1 != online.sha1:
            return None
        return file, Content(file, name, adapters)
