"""The file online that an upload would replace: fetched when something wants it, and once."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import structlog

from syncd.core.errors import PortalError, ReaderError, SpoolError
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, SpooledFile
from syncd.guards.profile import Profile
from syncd.sync.content import Content

log = structlog.get_logger("syncd.safekeeping")


class ReplacedFile:
    """What is online in a target's place, for the length of one attempt.

    `with_content`: as in `Content`.
    """

    def __init__(self, adapters: Adapters, *, with_content: bool = False) -> None:
        self._adapters = adapters
        self._with_content = with_content
        self._open = ExitStack()
        # By id and sha1: somebody may replace it meanwhile.
        self._files: dict[tuple[str, str | None], SpooledFile | None] = {}
        self._profiles: dict[tuple[str, str | None], Profile | None] = {}

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
        which = online.id, online.sha1
        if which not in self._files:
            self._files[which] = self._fetch(online)
        return self._files[which]

    def profile(self, online: Resource) -> Profile | None:
        """What it holds; None as for `file`, and where it does not open. `Shortage`."""
        which = online.id, online.sha1
        if which not in self._profiles:
            self._profiles[which] = self._read(online)
        return self._profiles[which]

    def is_out_of_reach(self, online: Resource) -> bool:
        """Whether its bytes were asked for before, and cannot be had."""
        return self._files.get((online.id, online.sha1), online) is None

    def known_profile(self, online: Resource) -> Profile | None:
        """The same, if it was asked for before."""
        return self._profiles.get((online.id, online.sha1))

    def _read(self, online: Resource) -> Profile | None:
        file = self.file(online)
        if file is None:
            return None
        try:
            found = Content(
                file, online.made_title, self._adapters, with_content=self._with_content
            ).profile
        except ReaderError as error:  # whoever waits for it to open would never publish
            log.info("content.online_not_read", resource=online.id, why=str(error))
            return None
        return found if found.trouble is None and found.fault is None else None

    def _fetch(self, online: Resource) -> SpooledFile | None:
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
        return file
