"""One dataset, one syncd: who waits for a lock, how long, and what they are told meanwhile.

Where the locks are is the business of their store: files (`disk.locks`) or rows (`ledger.locks`).
"""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Protocol

import structlog

from syncd.core import fence
from syncd.core.errors import LockHeld
from syncd.core.reasons import Fact, Reason, because

log = structlog.get_logger("syncd.lock")

_POLL = 0.2  # seconds between two tries
_LONGEST_NAME = 60  # letters, of up to twelve bytes each as JSON writes them

Note = Mapping[str, Fact]  # who holds a lock: pid, host, and command and by where they are known


class Place(Protocol):
    """One dataset's lock, which nobody, somebody else or we have."""

    def take(self, note: Note) -> bool:
        """Whether it is ours now. `SpoolError` or `LedgerError` where it cannot be asked."""
        ...

    def holder(self) -> Note | None:
        """Who has it, with `since`; None where that is not known (yet)."""
        ...

    def leave(self) -> None:
        """Free it if it is ours; the place is not used again. Raises nothing."""
        ...

    @property
    def hold(self) -> fence.Hold | None:
        """What can be lost while it is ours; None where only the end of the process frees it."""
        ...


class Store(Protocol):
    """Where locks are kept."""

    def place(self, portal: str, dataset: str) -> Place: ...

    def take_free(
        self, portal: str, datasets: Collection[str], note: Note
    ) -> AbstractContextManager[tuple[Collection[str], fence.Hold | None]]:
        """Those of the datasets that nobody had, ours inside the block."""
        ...


class DatasetLocks:
    """The `Locks` of `syncd.core.ports`. `clock` is monotonic and `wait` sleeps, both in seconds.

    `allows` says whether it may do so now, `waiting` is told why, once for each wait.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], object],
        allows: Callable[[float], bool] = lambda _: True,
        waiting: Callable[[Reason, float], None] = lambda _, __: None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wait = wait
        self._allows = allows
        self._waiting = waiting

    @contextmanager
    def hold(
        self, portal: str, dataset: str, patience: float, command: str = "", by: str = ""
    ) -> Iterator[None]:
        """The dataset is ours inside the block. Waits up to `patience` seconds for it.

        `LockHeld` when another holds it still; `SpoolError` or `LedgerError` where locks cannot be
        used.
        """
        place = self._store.place(portal, dataset)
        try:
            self._acquire(place, dataset, patience, _note(command, by))
            with _behind(place.hold):
                yield
        finally:
            place.leave()

    @contextmanager
    def hold_free(
        self, portal: str, datasets: Collection[str], command: str = "", by: str = ""
    ) -> Iterator[Collection[str]]:
        """As `hold`; nobody is waited for."""
        taking = self._store.take_free(portal, datasets, _note(command, by))
        with taking as (ours, hold), _behind(hold):
            yield ours

    def _acquire(self, place: Place, dataset: str, patience: float, note: Note) -> None:
        deadline = self._clock() + patience
        is_told = False
        while not place.take(note):
            left = deadline - self._clock()
            if left <= 0 or not self._allows(min(_POLL, left)):
                holder = place.holder()
                if holder is None:
                    raise LockHeld("lock_held_unsigned", dataset=dataset)
                code = "lock_held_by" if "by" in holder else "lock_held"
                raise LockHeld(code, dataset=dataset, **holder)
            if not is_told:
                holder = place.holder() or {}
                log.info("lock.waiting", dataset=dataset, seconds=round(left, 1), **holder)
                self._waiting(_held_by(dataset, holder), left)
                is_told = True
            self._wait(min(_POLL, left))


def _behind(hold: fence.Hold | None) -> AbstractContextManager[None]:
    return nullcontext() if hold is None else fence.behind(hold)


def _held_by(dataset: str, holder: Note) -> Reason:
    if not holder:
        return because("wait_lock_unsigned", dataset=dataset)
    return because("wait_lock_by" if "by" in holder else "wait_lock", dataset=dataset, **holder)


def _note(command: str, by: str) -> Note:
    facts: dict[str, Fact] = {"pid": os.getpid(), "host": socket.gethostname()}
    person = by or _login()
    if command and person:
        facts |= {"command": command, "by": person[:_LONGEST_NAME]}
    return facts


@cache  # it is looked up in a file
def _login() -> str:
    """A container's number often has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""
