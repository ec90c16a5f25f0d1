"""One who plans, or who works on the queue of jobs, in a process of its own; the work is nothing.

    python -m benchmarks.queue_process plan|work LEDGER_URL FOLDER LIMIT

Obeys the lines of its standard input, with one line of JSON each. Who plans: `put COUNT` (asks for
so many datasets; seconds until all were in the queue), `learnt COUNT` (when the last of so many
jobs was learnt of), `one NAME` (asks for one; when). Who works: `begin`, `begun` (when which
dataset was begun; forgotten then), `end`. Instants are of the machine's one monotonic clock. Each
answer has the CPU and the memory of the process so far.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks import processes
from syncd import telemetry
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.queue import JobQueue
from syncd.bootstrap import job_queue
from syncd.service.dispatcher import Job, Release
from syncd.service.executor import Executor
from syncd.service.finished import Finished
from syncd.service.shared_queue import SharedQueue

PORTAL = "https://demo.data.gouv.fr"


class Planner:
    """`counted`: the queue says by it that many were put."""

    def __init__(self, queue: JobQueue, ledger: SqlLedger) -> None:
        self._changed = threading.Condition()
        self._learnt: list[float] = []
        self._put = threading.Event()
        count_anew = queue.count_anew

        def counted() -> None:
            count_anew()
            self._put.set()

        queue.count_anew = counted  # type: ignore[method-assign]  # to be told
        app = SimpleNamespace(manifest=SimpleNamespace(portal=PORTAL))
        state: Any = SimpleNamespace(runtime=SimpleNamespace(app=app), id=lambda dataset: dataset)
        self._queue = SharedQueue(queue, ledger, state, self._learn)

    def _learn(self, _: Finished, __: Collection[int]) -> bool:
        with self._changed:
            self._learnt.append(time.monotonic())
            self._changed.notify_all()
        return False

    def put(self, count: int) -> float:
        began = time.monotonic()
        for number in range(count):
            self._queue.ask(Job(f"{number:024x}", "schedule"))
        self._put.wait()
        self._put.clear()
        return time.monotonic() - began

    def one(self, name: str) -> float:
        began = time.monotonic()
        self._queue.ask(Job(name, "schedule"))
        return began

    def learnt(self, count: int) -> float:
        with self._changed:
            self._changed.wait_for(lambda: len(self._learnt) >= count)
            last = self._learnt[count - 1]
            self._learnt.clear()
        return last

    def obey(self, word: str, given: str) -> float:
        return self.one(given) if word == "one" else getattr(self, word)(int(given))


class Worker:
    def __init__(self, queue: JobQueue, ledger: SqlLedger, limit: int) -> None:
        self._begun: list[tuple[str, float]] = []
        settings = SimpleNamespace(concurrency=limit, cycle_deadline=3600.0)
        app: Any = SimpleNamespace(manifest=SimpleNamespace(portal=PORTAL), settings=settings)
        self._start = lambda: Executor(queue, ledger, ledger, lambda: app, self._work, limit=limit)
        self._executor: Executor | None = None

    def _work(self, job: Job, _: Release) -> Finished:
        self._begun.append((job.dataset, time.monotonic()))
        return Finished(dataset=job.dataset, kind=job.kind, end="done")

    def obey(self, word: str, _: str) -> Any:
        if word == "begin":
            self._executor = self._start()
        elif word == "end" and self._executor is not None:
            self._executor.stop()
            self._executor.close()
        begun, self._begun = self._begun, []
        return begun


def main() -> None:
    role, url, folder, limit = sys.argv[1:]
    telemetry.configure("console", "warning", ())  # to standard error
    with closing(SqlLedger(url, Path(folder))) as ledger, closing(job_queue(ledger)) as queue:
        one = Planner(queue, ledger) if role == "plan" else Worker(queue, ledger, int(limit))
        tell(None)
        for line in sys.stdin:
            word, _, given = line.strip().partition(" ")
            tell(one.obey(word, given))


def tell(answer: object) -> None:
    cost = {"cpu": time.process_time(), "peak": processes.peak()}
    print(json.dumps({"answer": answer, **cost}), flush=True)


if __name__ == "__main__":
    main()
