"""Which datasets are looked at because an S3 server told of a new object, and when.

A hint says nothing that is believed: it brings forward a look that the schedule would have taken
later. Many of them are one look, and a dataset has only so many of those, whatever is told.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

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

Wanted = tuple[str, float]  # a dataset, and seconds for which the object must be unchanged


def claimed_by(
    whole: WholeManifest, sources: Mapping[str, SourceConfig], source: str, deposit: Deposit
) -> set[Wanted]:
    """Datasets with targets that may mean the object, and what these have for `settle`.

    `source`: by whose address it was told. SeaweedFS and MinIO tell of all their buckets at one
    address, so what other sources have on the same server counts as well.
    """
    server = sources[source].endpoint
    return {
        (target.dataset, target.settle.total_seconds())
        for name, config in sources.items()
        if config.endpoint == server and config.bucket == deposit.bucket
        for key in deposit.keys
        for target, _ in whole.index.claims(name, key)
        if not target.paused
    }


@dataclass(slots=True)
class _Settling:
    """What one dataset was hinted at with one `settle`. Instants by the clock of whoever asks."""

    settle: float
    hinted: float = 0.0  # the last time
    first: float | None = None  # from when on a look sees what none has seen yet
    last: float = 0.0  # from when on it sees all of that
    not_before: float = 0.0  # of the next look for these

    @property
    def due(self) -> float:
        return math.inf if self.first is None else max(self.first, self.not_before)

    def hint(self, now: float) -> None:
        self.hinted, self.last = now, now + self.settle + SOON
        if self.first is None:
            self.first = self.last

    def looked(self, now: float) -> None:
        if self.first is None:
            return
        # Without `settle` the look sees all that was told before it began.
        if not self.settle or self.last <= now:
            self.first = None
        elif self.first <= now:
            self.first = self.last
        else:
            return
        self.not_before = now + max(self.settle, APART)

    def is_recent(self, now: float) -> bool:
        return now < self.hinted + self.settle + _SKEW


@dataclass(slots=True)
class _Hinted:
    settling: dict[float, _Settling] = field(default_factory=dict)  # by their `settle`
    not_before: float = 0.0  # of the next look, for whichever of them
    again: float = math.inf  # when the one is due that could not be asked for
    due: float = math.inf  # the earliest of all
    planned: set[float] = field(default_factory=set)  # what the heap has of it


class Windows:
    """When each hinted dataset is due. Knows no clock and no lock.

    The targets of a dataset may have several `settle`: no look is as late as another's makes it,
    and none is left out because of another's.
    """

    def __init__(self) -> None:
        self._known: dict[str, _Hinted] = {}
        self._heap: list[tuple[float, str]] = []  # also instants that are not due any more
        self._forget_at = 0.0

    @property
    def next_at(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    @property
    def waiting(self) -> list[str]:
        return [dataset for dataset, one in self._known.items() if one.due < math.inf]

    def hint(self, dataset: str, settle: float, now: float) -> None:
        one = self._known.setdefault(dataset, _Hinted())
        one.settling.setdefault(settle, _Settling(settle)).hint(now)
        self._plan(dataset, one)

    def unsettled(self, dataset: str, now: float) -> None:
        """A look found an object too young, by the server's clock: once more, but not for ever."""
        one = self._known.get(dataset)
        if one is None:
            return
        for some in one.settling.values():
            if some.settle and some.first is None and some.is_recent(now):
                some.first = some.last = now + SOON
        self._plan(dataset, one)

    def again(self, datasets: Collection[str], now: float) -> None:
        """They could not be asked for."""
        for dataset in datasets:
            one = self._known.setdefault(dataset, _Hinted())
            one.again = now + _TRY_AGAIN
            self._plan(dataset, one)

    def take(self, now: float) -> list[str]:
        """Those that are due, and not any more."""
        taken = []
        while self._heap and self._heap[0][0] <= now:
            at, dataset = heapq.heappop(self._heap)
            one = self._known[dataset]
            one.planned.discard(at)
            if at != one.due:
                continue
            taken.append(dataset)
            one.again, one.not_before = math.inf, now + APART
            for some in one.settling.values():
                some.looked(now)
            self._plan(dataset, one)
        while self._heap and self._heap[0][0] != self._known[self._heap[0][1]].due:
            at, dataset = heapq.heappop(self._heap)
            self._known[dataset].planned.discard(at)
        self._forget(now)
        return taken

    def _plan(self, dataset: str, one: _Hinted) -> None:
        soonest = min((some.due for some in one.settling.values()), default=math.inf)
        one.due = min(max(soonest, one.not_before), one.again)
        if one.due < math.inf and one.due not in one.planned:
            one.planned.add(one.due)
            heapq.heappush(self._heap, (one.due, dataset))

    def _forget(self, now: float) -> None:
        if now < self._forget_at:
            return
        self._forget_at = now + _SKEW
        for dataset, one in list(self._known.items()):
            one.settling = {
                settle: some
                for settle, some in one.settling.items()
                if some.first is not None or some.is_recent(now) or now < some.not_before
            }
            if not one.settling and not one.planned and now >= one.not_before:
                del self._known[dataset]


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
        self._asking: list[str] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._is_well = True
        self._thread: threading.Thread | None = None

    def give(self, wanted: Collection[Wanted]) -> None:
        if not wanted:
            return
        with self._changed:
            before = self._windows.next_at
            for dataset, settle in wanted:
                self._windows.hint(dataset, settle, self._clock())
            self._wake(before)

    def unsettled(self, dataset: str) -> None:
        with self._changed:
            before = self._windows.next_at
            self._windows.unsettled(dataset, self._clock())
            self._wake(before)

    def stop(self) -> list[str]:
        """Asks for none any more; those that were hinted at, and not looked at yet.

        Those that are just being asked for count as well: it may fail, and nobody would try again.
        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            return list(dict.fromkeys((*self._asking, *self._windows.waiting)))

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
                taken = self._asking = self._windows.take(self._clock())
            if taken:
                self._ask(taken)

    def _ask(self, datasets: list[str]) -> None:
        try:
            self._look(datasets)
            self._is_well = True
            with self._changed:
                self._asking = []
            return
        except SyncdError as error:
            if self._is_well:
                log.warning("hints.kept", datasets=len(datasets), why=str(error))
            self._is_well = False
        except Exception:
            log.exception("hints.fault")
        with self._changed:
            self._asking = []
            self._windows.again(datasets, self._clock())
