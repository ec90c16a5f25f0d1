"""How a client uses the network, whatever it talks to."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.adapters.net import ceilings
from syncd.adapters.net.ceilings import Budget
from syncd.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """`proxy`: its URL, with the user and password in it; None = directly. Timeouts in seconds.

    `wait` is called with seconds between two tries, `on_retry` for each request made again.
    `allows` says whether such a wait may begin, `waiting` is told why it does; also of an answer
    that has not begun to come after `slow` seconds. `patience`: seconds that a question which
    changes nothing may take, where somebody sits before it.
    `clock`: seconds since 1970; `monotonic`: seconds, never going back; `jitter`: uniform in 0..1.
    `stopwatch`: as `monotonic`, for the seconds that one answer takes.
    """

    ca_bundle: Path | None = None
    proxy: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    patience: float = math.inf
    slow: float = 5.0
    wait: Callable[[float], None] = time.sleep
    on_retry: Callable[[], None] = lambda: None
    allows: Callable[[float], bool] = lambda _: True
    waiting: Callable[[Reason, float], None] = lambda _, __: None
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    stopwatch: Callable[[], float] = time.monotonic

    def budget(self, kind: str, moved: int = 0) -> Budget:
        """For one request. `kind`: see `ceilings.of`; `moved`: bytes of a file that goes along."""
        ceiling = ceilings.of(kind)
        # Whoever waits longer for the next bytes waits longer for all of them.
        patient = replace(ceiling, seconds=max(ceiling.seconds, 2 * self.read_timeout))
        return Budget(patient, self.stopwatch, moved)
