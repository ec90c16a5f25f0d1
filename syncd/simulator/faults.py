"""Trouble on demand: what a test makes the simulated portal do wrong, and when."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Cut = Literal["before", "body", "after"]


@dataclass(eq=False, kw_only=True)
class Fault:
    """One kind of trouble for the requests whose method and path match.

    - `times` requests meet it (None: all), after `after` matching ones passed unharmed.
    - `status` (with `headers`, `body`, `content_type`): this answer; nothing is done, unless
      `after_work`: then the work is done first, and its own answer is not shown.
    - `cut`: the connection is closed without an answer: "before" anything is read, once the
      "body" was read and nothing done, or "after" the work was done.
    - `late` (seconds) or `gate` (an event): an upload whose bytes were received is committed only
      then. `answer` says what the client sees meanwhile: its connection is "cut" at once, or it
      must "wait" for the commit. With a `status`, that is answered at once.
    - `delay` (seconds): the work is done at once, the answer comes later.
    - `corrupt`: an upload stores other bytes, and answers their sha1.
    - `hook`: called after the work and before the answer.

    `reached` is set when a request meets the fault (an upload: when its bytes are in);
    `done` when its work, late or not, is over.
    """

    method: str = ".*"
    path: str = ".*"
    times: int | None = 1
    after: int = 0
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | None = None
    content_type: str | None = None
    after_work: bool = False
    cut: Cut | None = None
    late: float | None = None
    gate: threading.Event | None = None
    answer: Literal["cut", "wait"] = "cut"
    delay: float = 0
    corrupt: bool = False
    hook: Callable[[], None] | None = None
    hits: int = field(default=0, init=False)
    reached: threading.Event = field(default_factory=threading.Event, init=False)
    done: threading.Event = field(default_factory=threading.Event, init=False)

    @property
    def commits_late(self) -> bool:
        return self.late is not None or self.gate is not None


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self,
        *,
        method: str = ".*",
        path: str = ".*",
        times: int | None = 1,
        after: int = 0,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
        content_type: str | None = None,
        after_work: bool = False,
        cut: Cut | None = None,
        late: float | None = None,
        gate: threading.Event | None = None,
        answer: Literal["cut", "wait"] = "cut",
        delay: float = 0,
        corrupt: bool = False,
        hook: Callable[[], None] | None = None,
    ) -> Fault:
        """`method` and `path` (without the query) are regular expressions.

        The method must match whole, the path anywhere. The first fault that matches is met.
        """
        fault = Fault(
            method=method,
            path=path,
            times=times,
            after=after,
            status=status,
            headers=headers or {},
            body=body,
            content_type=content_type,
            after_work=after_work,
            cut=cut,
            late=late,
            gate=gate,
            answer=answer,
            delay=delay,
            corrupt=corrupt,
            hook=hook,
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets; it counts as one of its times."""
        with self._lock:
            for fault in self._faults:
                if not re.fullmatch(fault.method, method) or not re.search(fault.path, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None and fault.hits >= fault.times:
                    continue
                fault.hits += 1
                return fault
            return None
