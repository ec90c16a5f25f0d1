"""What a cycle that ended means for the next one."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from syncd.core import clock
from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.service.finished import Finished
from syncd.service.learning import Learner
from syncd.service.schedule import RETRY_AFTER
from syncd.service.state import ServiceState
from syncd.telemetry.metrics import Metrics
from tests.unit.service.test_schedule import DATASET, YEARLY, Asked, manifest


@pytest.mark.parametrize(
    ("settling", "exit_code", "is_soon"),
    [(False, 0, False), (True, 0, True), (True, 3, True), (False, 1, True), (False, 3, False)],
)
def test_neither_a_failure_nor_a_file_that_is_too_young_waits_for_a_distant_turn(
    settling: bool, exit_code: int, is_soon: bool
) -> None:
    asked, loaded = Asked(), manifest(YEARLY)
    asked.follow(loaded, {}, clock.now())
    runtime: Any = SimpleNamespace(
        whole=SimpleNamespace(by_dataset={DATASET: loaded.datasets[0]}),
        app=SimpleNamespace(settings=SimpleNamespace(contact_receipts=False)),
    )
    silent: Any = SimpleNamespace(observe=lambda *_, **__: None, clear=lambda *_, **__: None)
    freshness: Any = SimpleNamespace(succeeded={})
    ledger: Any = SimpleNamespace(done_with=lambda _: None)
    state = ServiceState(runtime, silent, threading.Event())
    learner = Learner(state, ledger, freshness, asked.schedules, Metrics())
    reason = Reason("settling", {})
    result = Result(DATASET, "", "", "r", "", "a.csv", Outcome.UNCHANGED, reason, settling=settling)
    learner.learn(
        Finished(dataset=DATASET, kind="cycle", end="done", exit_code=exit_code, results=(result,))
    )
    soon = asked.schedules.plans()[DATASET] - clock.now() <= RETRY_AFTER
    assert soon is is_soon
