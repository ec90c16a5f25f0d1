"""How a client uses the network, whatever it talks to."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """`proxy`: its URL, with the user and password in it; None = directly. Timeouts in seconds.

    `wait` is called with seconds between two tries, `on_retry` for each request made again.
    `clock`: seconds since 1970; `monotonic`: seconds, never going back; `jitter`: uniform in 0..1.
    """

    ca_bundle: Path | None = None
    proxy: str | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    wait: Callable[[float], None] = time.sleep
    on_retry: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
