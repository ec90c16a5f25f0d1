"""What a spooled file holds: read once, as a stream, into a `Profile` for the guards."""

from __future__ import annotations

from pathlib import Path

import structlog

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content.reading import profile_of
from syncd.guards.profile import Profile

log = structlog.get_logger("syncd.content")


class Content:
    """A spooled file. `name`: its object's key. It is read when its profile is first asked for."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._known: Profile | None = None

    @property
    def profile(self) -> Profile:
        """What it holds. A reader that stumbles leaves a `fault` instead, and a log line.

        `Shortage` where this machine could not have it read: that is kept nowhere.
        """
        if self._known is None:
            try:
                self._known = profile_of(self._path, self._name)
            except Exception as error:
                if (shortage := shortage_in(error)) is not None:
                    raise shortage from error
                log.exception("content.fault", key=self._name)
                self._known = Profile(fault=because("guard_fault", detail=type(error).__name__))
        return self._known


__all__ = ["Content", "Profile"]
