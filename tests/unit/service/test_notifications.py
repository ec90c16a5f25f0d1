"""The heartbeat, and who listens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import SecretStr

from syncd.service.notifications import Notifications
from tests.support.network import misbehaving as bad
from tests.support.network.misbehaving import misbehaving


@pytest.mark.parametrize(
    "answer", [lambda: bad.sized(b"ok"), bad.endless, bad.endless_head, bad.endless_continue]
)
def test_a_heartbeat_keeps_no_message_waiting_whatever_is_answered(
    answer: Callable[[], Iterable[bytes]],
) -> None:
    flushed, ended = threading.Event(), threading.Event()
    ended.set()
    alerts = SimpleNamespace(flush=lambda _now: flushed.set())
    state = cast("Any", SimpleNamespace(cycle_ended=ended, alerts=alerts))
    with misbehaving() as server:
        server.answer = answer
        settings = SimpleNamespace(heartbeat_url=SecretStr(server.url), proxy=None, ca_bundle=None)
        notifications = Notifications(state, cast("Any", settings))

        notifications.wake(idle=True, healthy=True)

        assert flushed.wait(30)
        assert server.asked == 1
        notifications.close()
