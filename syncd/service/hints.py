"""Which datasets are looked at because an S3 server told of a new object, and when.

A hint says nothing that is believed: it brings forward a look that the schedule would have taken
later. Many of them are one look, and a dataset has only so many of those, whatever is told.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog

from syncd.adapters.events.forms import Deposit
from syncd.config.manifest.loaded_manifest import SourceConfig
from syncd.core.errors import SyncdError
from syncd.sync.whole_manifest import WholeManifest

log = structlog.get_logger("syncd.events")

SOON = 1.0  # seconds after `settle`: what is deposited together is told together, and clocks differ
APART = 15.0  # seconds, at the least, between two looks at one dataset that hints cause
_SKEW = 120.0  # seconds by which a server's clock may be ahead: it is set right by whoever runs it
_TRY_AGAIN = 5.0  # seconds after the ledger could not be told


def claimed_by(
    whole: WholeManifest, sources: Mapping[str, SourceConfig], source: str, deposit: Deposit
) -> dict[str, float]:
    """Datasets with a target that may mean the object -> the seconds of `settle` of these.

    `source`: by whose address it was told. SeaweedFS and MinIO tell of all their buckets at one
    address, so what other sources have on the same server counts as well.
    """
    server = sources[source].endpoint
    found: dict[str, float] = {}
    for name, config in sources.items():
        if config.endpoint != server or config.bucket != deposit.bucket:
            continue
        for key in deposit.keys:
            for target, _ in whole.index.claims(name, key):
                if not target.paused:
                    settle = target.settle.total_seconds()
                    found[target.dataset] = max(found.get(target.dataset, 0.0), settle)
    return found


@dataclass(slots=True)
class _Hinted:
    """Instants by the clock of whoever asks."""

    settle: float
    hinted: float  # the last time
    wanted: float  # from when on a look sees what the last hint told of
    due: float | None = None
    not_before: float = 0.0  # of the next look


class Windows:
    """When each hinted dataset is due. Knows no clock and no lock."""

    def __init__(self) -> None:
        self._known: dict[str, _Hinted] = {}
        self._due: list[tuple[float, str]] = []  # a heap; each dataset is in it once at most
        self._forget_at = 0.0

    @property
    def next_at(self) -> float | None:
        return self._due[0][0] if self._due else None

    @property
    def waiting(self) -> list[str]:
        return [dataset for _, dataset in self._due]

    def hint(self, dataset: str, settle: float, now: float) -> None:
        wanted = now + settle + SOON
        one = self._known.get(dataset)
        if one is None:
            one = self._known[dataset] = _Hinted(settle, now, wanted)
        one.settle, one.hinted, one.wanted = settle, now, wanted
        if one.due is None:
            self._plan(dataset, one, max(wanted, one.not_before))

    def unsettled(self, dataset: str, now: float) -> None:
        """A look found an object too young, by the server's clock: once more, but not for ever."""
        one = self._known.get(dataset)
        if one is not None and one.due is None and now < one.hinted + one.settle + _SKEW:
            self._plan(dataset, one, max(now + SOON, one.not_before))

    def again(self, datasets: Collection[str], now: float) -> None:
        """They could not be asked for."""
        for dataset in datasets:
            one = self._known.setdefault(dataset, _Hinted(0.0, now, now))
            if one.due is None:
                self._plan(dataset, one, now + _TRY_AGAIN)

    def take(self, now: float) -> list[str]:
        """Those that are due, and not any more."""
        taken = []
        while self._due and self._due[0][0] <= now:
            _, dataset = heapq.heappop(self._due)
            taken.append(dataset)
            one = self._known[dataset]
            one.due, one.not_before = None, now + max(one.settle, APART)
            # Without `settle` the look sees all that was told before it began.
            if one.settle and one.wanted > now:
                self._plan(dataset, one, max(one.wanted, one.not_before))
        self._forget(now)
        return taken

    def _plan(self, dataset: str, one: _Hinted, due: float) -> None:
        one.due = due
        heapq.heappush(self._due, (due, dataset))

    def _forget(self, now: float) -> None:
        if now < self._forget_at:
            return
        self._forget_at = now + _SKEW
        self._known = {
            dataset: one
            for dataset, one in self._known.items()
            if one.due is not None or now < max(one.not_before, one.hinted + one.settle + _SKEW)
        }


class Hints:
    """`look` asks for datasets to be looked at; it may raise `SyncdError`, and is asked again.

    A thread of its own begins with the first hint.
    """

    def __init__(
        self,
        look: Callable[[list[str]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._clock = clock
        self._windows = Windows()
        self._changed = threading.Condition()
        self._stopped = False
        self._is_well = True
        self._thread: threading.Thread | None = None

    def give(self, settles: Mapping[str, float]) -> None:
        """Datasets, with the seconds for which their objects must have been unchanged."""
        if not settles:
            return
        with self._changed:
            before = self._windows.next_at
            for dataset, settle in settles.items():
                self._windows.hint(dataset, settle, self._clock())
            self._wake(before)

    def unsettled(self, dataset: str) -> None:
        with self._changed:
            before = self._windows.next_at
            self._windows.unsettled(dataset, self._clock())
            self._wake(before)

    def stop(self) -> list[str]:
        """Asks for none any more; those that were hinted at, and not looked at yet."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            return self._windows.waiting

    def _wake(self, before: float | None) -> None:
        """Under the lock."""
        if self._stopped or self._windows.next_at == before:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._windows.next_at
                wait = None if due is None else due - self._clock()
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                if self._stopped:
                    return
                taken = self._windows.take(self._clock())
            if taken:
                self._ask(taken)

    def _ask(self, datasets: list[str]) -> None:
        try:
            self._look(datasets)
            self._is_well = True
            return
        except SyncdError as error:
            if self._is_well:
                log.warning("hints.kept", datasets=len(datasets), why=str(error))
            self._is_well = False
        except Exception:
            log.exception("hints.fault")
        with self._changed:
            self._windows.again(datasets, self._clock())
