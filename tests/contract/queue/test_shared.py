"""What only a queue between machines can meet."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from syncd.adapters.ledger import SqlLedger
from syncd.adapters.queue import JobQueue, jobs
from syncd.bootstrap import job_queue
from syncd.core.errors import LedgerError
from syncd.core.queue import JobReport, QueuedJob
from syncd.service import executor
from syncd.service.dispatcher import Job, Release
from syncd.service.finished import Finished
from tests.contract.queue.conftest import PATIENCE, PORTAL, Work, shared_queue
from tests.support.poolers import pooler
from tests.support.postgres_servers import Postgres, running


@pytest.fixture
def ledger(database: str, tmp_path: Path) -> Iterator[SqlLedger]:
    with closing(SqlLedger(database, tmp_path)) as opened:
        yield opened


@pytest.fixture
def queue(ledger: SqlLedger) -> Iterator[JobQueue]:
    with closing(job_queue(ledger)) as opened:
        yield opened


def job(dataset: str, *, large: bool = False) -> QueuedJob:
    return QueuedJob(PORTAL, dataset, "cycle", "schedule", large)


def silence(ledger: SqlLedger, worker: int) -> None:
    """As if it had said nothing for a minute."""
    assert ledger.server is not None
    with ledger.server.engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '60 s'"
                " WHERE id = :id"
            ),
            {"id": worker},
        )


def test_one_that_waits_already_does_it(queue: JobQueue) -> None:
    first = queue.put([job("a"), job("b")])
    second = queue.put([job("b"), job("c"), job("a")])
    assert second["a", "cycle"] == first["a", "cycle"]
    assert second["b", "cycle"] == first["b", "cycle"]
    assert len(queue.known()) == 3


def test_one_that_is_worked_on_does_not(queue: JobQueue) -> None:
    first = queue.put([job("a")])
    worker = queue.register()
    begun = queue.fetch(worker, large=True)
    assert begun is not None
    assert begun.id == first["a", "cycle"]
    second = queue.put([job("a")])
    assert second["a", "cycle"] != begun.id
    assert queue.fetch(worker, large=True) is None  # the dataset is at work
    queue.end(begun.id)
    following = queue.fetch(worker, large=True)
    assert following is not None
    assert following.id == second["a", "cycle"]


def test_large_ones_do_not_stand_before_the_small(queue: JobQueue) -> None:
    queue.put([job("big", large=True), job("small")])
    worker = queue.register()
    found = queue.fetch(worker, large=False)
    assert found is not None
    assert found.dataset == "small"
    assert queue.fetch(worker, large=False) is None
    found = queue.fetch(worker, large=True)
    assert found is not None
    assert (found.dataset, found.large) == ("big", True)


def test_the_jobs_of_a_silent_worker_are_ended_whatever_waits_of_them(
    queue: JobQueue, ledger: SqlLedger
) -> None:
    """Taking them up again would stop at the first whose dataset waits once more (#1446)."""
    names = [f"d{number}" for number in range(20)]
    queue.put([job(name) for name in names])
    silent, alive = queue.register(), queue.register()
    for _ in names[:15]:
        assert queue.fetch(silent, large=True)
    of_the_other = queue.fetch(alive, large=True)
    assert of_the_other is not None
    queue.put([job(name) for name in names[:10]])  # they are due once more
    assert queue.end_stalled() == ()
    silence(ledger, silent)
    assert sorted(one.dataset for one in queue.end_stalled()) == sorted(names[:15])
    assert queue.end_stalled() == ()
    assert of_the_other.id in {one.id for one in queue.known()}
    waiting = [one.dataset for one in queue.known()]
    assert sorted(waiting) == sorted([*names[:10], *names[15:]])


def test_a_worker_that_was_given_up_ends_no_other_ones_job(
    queue: JobQueue, ledger: SqlLedger
) -> None:
    queue.put([job("a")])
    slept, other = queue.register(), queue.register()
    first = queue.fetch(slept, large=True)
    assert first is not None
    silence(ledger, slept)
    queue.end_stalled()
    queue.put([job("a")])
    second = queue.fetch(other, large=True)
    assert second is not None
    queue.end(first.id)  # it wakes up
    assert [one.id for one in queue.known()] == [second.id]
    queue.end(second.id)
    assert queue.known() == ()


def test_a_job_that_is_done_leaves_nothing(queue: JobQueue, ledger: SqlLedger) -> None:
    worker = queue.register()
    for number in range(20):
        queue.put([job(f"d{number}")])
        found = queue.fetch(worker, large=True)
        assert found is not None
        queue.end(found.id)
    queue.unregister(worker)
    assert ledger.server is not None
    with ledger.server.engine.connect() as connection:
        for table in ("jobs", "events", "workers"):
            count = connection.scalar(sa.text(f"SELECT count(*) FROM procrastinate_{table}"))
            assert (table, count) == (table, 0)


def test_what_became_of_a_job_is_kept_until_it_was_read(ledger: SqlLedger) -> None:
    ledger.put_report(JobReport(5, {"dataset": "é\0", "results": [{"title": "Liste « a »"}]}))
    ledger.put_report(JobReport(6, {"dataset": "b"}))
    first, second = ledger.reports()
    assert (first.job, first.facts["dataset"]) == (5, "é\0")
    ledger.drop_reports([first.id])
    assert ledger.reports() == (second,)


def test_a_job_has_ended_when_it_was_told_of(queue: JobQueue, ledger: SqlLedger) -> None:
    """In one statement: who planned need not end it too, and is told of each that has ended."""
    queue.put([job("a"), job("b")])
    worker = queue.register()
    found = queue.fetch(worker, large=True)
    assert found is not None
    ledger.put_report(JobReport(found.id, {"dataset": "a"}))
    assert [one.dataset for one in queue.known()] == ["b"]
    ledger.put_report(JobReport(found.id, {"dataset": "a"}))  # by one that was given up before
    assert [one.job for one in ledger.reports()] == [found.id] * 2


def test_nothing_is_asked_of_the_server_in_vain(
    ledger: SqlLedger, database: str, tmp_path: Path
) -> None:
    """Each refusal is an error in its log, and a turn of its own."""
    with ExitStack() as stack:
        work = Work()
        names = [f"d{number}" for number in range(20)]
        work.free(*names)
        queue = shared_queue(stack, database, tmp_path, work, 4, 1)
        stack.callback(queue.stop)
        for name in names:
            queue.ask(Job(name, "schedule"))
        work.wait_for(lambda: len(work.ended) == len(names))
    assert ledger.server is not None
    with ledger.server.engine.connect() as connection:
        rolled_back = sa.text(
            "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        )
        assert (connection.scalar(rolled_back) or 0) < 5  # those of each first connection


def test_who_works_shows_its_life_in_a_long_burst(
    queue: JobQueue, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its jobs are given to others while it is at them: there is always one more."""
    monkeypatch.setattr(executor, "_LONGEST_TURN", 0.0)
    names = [f"d{number}" for number in range(30)]
    queue.put([job(name) for name in names])
    turns = []
    work = Work()
    work.free(*names)
    done = threading.Semaphore(0)

    def carry_out(one: Job, release: Release) -> Finished:
        finished = work.work(one, release)
        done.release()
        return finished

    app: Any = SimpleNamespace(
        manifest=SimpleNamespace(portal=PORTAL),
        settings=SimpleNamespace(concurrency=len(names), cycle_deadline=3600.0),
    )
    worker = executor.Executor(
        queue,
        ledger,
        ledger,
        lambda: app,
        carry_out,
        limit=len(names),
        each_turn=lambda: turns.append(1),
    )
    try:
        for _ in names:
            assert done.acquire(timeout=PATIENCE)
    finally:
        worker.stop()
        worker.wait_for_work(time.monotonic() + PATIENCE)
        worker.close()
    assert len(turns) >= len(names)


@contextmanager
def working(queue: JobQueue, ledger: SqlLedger, work: Work, **settings: float) -> Iterator[None]:
    app: Any = SimpleNamespace(
        manifest=SimpleNamespace(portal=PORTAL),
        settings=SimpleNamespace(**{"concurrency": 2, "cycle_deadline": 3600.0, **settings}),
    )
    worker = executor.Executor(queue, ledger, ledger, lambda: app, work.work, limit=2)
    try:
        yield
    finally:
        work.free(*work.datasets())
        worker.stop()
        worker.wait_for_work(time.monotonic() + PATIENCE)
        worker.close()


AWAY = LedgerError("ledger_database_away", host="db", database="syncd", detail="cut")


def test_what_is_given_although_the_answer_is_lost_is_begun_once(
    queue: JobQueue, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it is nobody's for as long as the worker lives, and its dataset is not looked at."""
    fetch, given = queue.fetch, []

    def cut_off(worker: int, *, large: bool) -> QueuedJob | None:
        found = fetch(worker, large=large)
        if found is not None:
            given.append(found.dataset)
            if len(given) == 2:
                raise AWAY
        return found

    monkeypatch.setattr(executor, "_TURN", 0.02)
    monkeypatch.setattr(queue, "fetch", cut_off)
    queue.put([job("a"), job("b")])
    work = Work()
    with working(queue, ledger, work):
        work.wait_for(lambda: len(work.running) == 2)
    assert sorted(work.datasets()) == given == ["a", "b"]
    assert queue.known() == ()


def test_a_cycle_that_hangs_is_told_of_although_the_server_was_away_just_then(
    queue: JobQueue, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, told = ledger.put_report, threading.Event()
    tried: list[JobReport] = []

    def cut_off(report: JobReport) -> None:
        tried.append(report)
        if len(tried) == 1:
            raise AWAY
        put(report)
        told.set()

    monkeypatch.setattr(executor, "_TURN", 0.02)
    monkeypatch.setattr(ledger, "put_report", cut_off)
    queue.put([job("a")])
    with working(queue, ledger, Work(), cycle_deadline=0.0):
        assert told.wait(60)
        (report,) = ledger.reports()
        assert report.facts["end"] == "overdue"


def test_it_lives_while_it_reads_a_large_manifest(
    queue: JobQueue, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BEAT_EVERY", 0.02)
    reading, has_read = threading.Event(), threading.Event()

    def follow() -> None:
        reading.set()
        assert has_read.wait(PATIENCE)

    worker = executor.Executor(queue, ledger, ledger, follow, Work().work, limit=1)
    try:
        assert reading.wait(PATIENCE)
        assert ledger.server is not None
        asked = sa.text("SELECT last_heartbeat FROM procrastinate_workers")
        with ledger.server.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            first = connection.scalar(asked)
            end = time.monotonic() + PATIENCE
            while connection.scalar(asked) == first:
                assert time.monotonic() < end
    finally:
        has_read.set()
        worker.stop()
        worker.close()


def test_a_server_that_is_gone_is_a_ledgers_trouble(ledger: SqlLedger) -> None:
    assert ledger.server is not None
    options = {**ledger.server.options, "port": 9, "host": "127.0.0.1", "connect_timeout": 1}
    with closing(JobQueue(options, ledger.server.error_of_driver, patience=1.0)) as queue:
        with pytest.raises(LedgerError) as found:
            queue.register()
        assert found.value.reason.code == "ledger_database_away"


def test_a_server_that_is_back_is_found_by_those_who_ask(tmp_path: Path) -> None:
    with running() as server:
        server.execute("CREATE DATABASE queue")
        with (
            closing(SqlLedger(server.url("queue"), tmp_path)) as ledger,
            closing(job_queue(ledger)) as queue,
        ):
            came = threading.Event()
            queue.listen(came.set)
            worker = queue.register()
            server.stop()
            with pytest.raises(LedgerError):
                queue.known()
            server.start()
            queue.known()
            # It listens again a second later; until then nobody is told.
            number = 0
            while not came.wait(0.2):
                number += 1
                assert number < 300
                queue.put([job(f"d{number}")])
            assert queue.fetch(worker, large=True)


def test_behind_a_pooler_in_transaction_mode_it_works(
    postgres: Postgres, database: str, tmp_path: Path
) -> None:
    name = database.rpartition("/")[2]
    with (
        pooler(postgres, name) as url,
        closing(SqlLedger(url, tmp_path)) as ledger,
        closing(job_queue(ledger)) as queue,
    ):
        queue.listen(lambda: None)
        queue.put([job(f"d{number}") for number in range(5)])
        workers = [queue.register() for _ in range(2)]
        done = []
        while (found := queue.fetch(workers[len(done) % 2], large=True)) is not None:
            queue.end(found.id)
            done.append(found.dataset)
        assert done == [f"d{number}" for number in range(5)]


def test_a_burst_is_fetched_quickly_after_the_statistics_of_an_empty_queue(
    queue: JobQueue, ledger: SqlLedger
) -> None:
    """By what the server reads for each job, not by time."""
    assert ledger.server is not None
    server = ledger.server.engine.execution_options(isolation_level="AUTOCOMMIT")
    worker, burst = queue.register(), 2000
    with server.connect() as connection:
        connection.execute(sa.text("ALTER TABLE procrastinate_jobs SET (autovacuum_enabled = off)"))
        queue.put([job(f"d{number}") for number in range(300)])
        _fetch(queue, worker, 300)
        connection.execute(sa.text("ANALYZE procrastinate_jobs"))  # as an autovacuum at night
        queue.put([job(f"d{number}") for number in range(burst)])
        queue.count_anew()
        before = _rows_read(connection)
        for _ in range(50):
            connection.execute(_FETCH_HERE, {"worker": worker})
        assert (_rows_read(connection) - before) / 50 < burst / 20


# As `JobQueue.fetch` does, in the session whose statistics are to be had at once.
_FETCH_HERE = sa.text(
    "SELECT id FROM procrastinate_fetch_job_v2(ARRAY['syncd', 'syncd-large'], :worker)"
)


def _fetch(queue: JobQueue, worker: int, count: int) -> None:
    for _ in range(count):
        found = queue.fetch(worker, large=True)
        assert found is not None
        queue.end(found.id)


def _rows_read(connection: sa.Connection) -> int:
    """From the table of jobs and its indices."""
    connection.execute(sa.text("SELECT pg_stat_force_next_flush(), pg_sleep(0)"))
    found = connection.scalar(
        sa.text(
            "SELECT sum(idx_tup_read) + (SELECT seq_tup_read FROM pg_stat_user_tables"
            " WHERE relname = 'procrastinate_jobs') FROM pg_stat_user_indexes"
            " WHERE relname = 'procrastinate_jobs'"
        )
    )
    return int(found or 0)
