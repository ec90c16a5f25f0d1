"""The bytes of one target, as far as the guards want to see them: read once, by the reader.

A file can be such that whoever opens it dies. The ledger says what is being opened: what three
processes did not survive is held, and opened no more.
"""

from __future__ import annotations

import structlog

from syncd.core.errors import ReaderKilled
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import because
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")

# From which on a file is not opened. Two may be chance: kills that met the same file.
DEATHS = 3


class Content:
    """A spooled file. `name`: its object's key. It is read when its profile is first asked for."""

    def __init__(self, file: SpooledFile, name: str, adapters: Adapters) -> None:
        self._file = file
        self._name = name
        self._adapters = adapters
        self._known: Profile | None = None

    @property
    def profile(self) -> Profile:
        """What it holds. `ReaderError` or `Shortage` when nothing was learnt of it, by no fault of
        its own."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> Profile:
        ledger, sha1, name = self._adapters.ledger, self._file.digest.sha1, self._name
        deaths = ledger.deaths(sha1, name)
        if deaths >= DEATHS:
            return self._deadly(deaths)
        was_opened = False

        def note() -> None:
            nonlocal was_opened
            ledger.begin_reading(sha1, name, self._adapters.clock())
            was_opened = True

        try:
            text = self._adapters.reader.read(self._file, name, note)
        except ReaderKilled:
            if deaths + 1 >= DEATHS:
                return self._deadly(deaths + 1)
            raise
        except BaseException:
            if was_opened:
                ledger.end_reading(sha1, name)
            raise
        ledger.end_reading(sha1, name)
        found = Profile.from_json(text)
        return Profile(fault=because("guard_fault", detail="profile")) if found is None else found

    def _deadly(self, deaths: int) -> Profile:
        log.warning("content.deadly", key=self._name, deaths=deaths)
        return Profile(trouble=because("guard_deaths"))
