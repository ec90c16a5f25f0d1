"""How a client uses the network, whatever it talks to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """`proxy`: its URL, with the user and password in it; None = directly. Timeouts in seconds.

    `wait` is called with seconds between two tries, `on_retry` for each request made again.
    """

    ca_bundle: Path | None
    proxy: str | None
    connect_timeout: float
    read_timeout: float
    wait: Callable[[float], None]
    on_retry: Callable[[], None]
