"""procrastinate's queue, for threads: its coroutines run in one thread of ours.

Every method waits for its answer, raises `LedgerError` where the server gives none, and nothing
else. A job is due at once or not in the queue: nothing is scheduled in it and nothing is tried
again by it, so that what a person asks for is never behind something that waits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Self, TypeVar

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate import exceptions as wrong
from procrastinate.jobs import Job, Status

from syncd.core.errors import LedgerError
from syncd.core.queue import QueuedJob

T = TypeVar("T")

STALLED_AFTER = 30.0  # seconds without a sign of life, after which a worker's jobs are ended
FORGOTTEN_AFTER = 600.0  # seconds after which such a worker is forgotten
_SMALL, _LARGE = "syncd", "syncd-large"
_TASK = "syncd.work"
_CONNECTIONS = 4
# Seconds of tries to connect, whose pauses double: who asks after them begins anew.
_TRIES_FOR = 4.0
_ENDS_WITHIN = 8.0  # seconds
_GIVEN_UP_AFTER = 30.0  # seconds for a whole answer
_BEAT_EVERY = 5.0  # seconds
_LISTEN_AGAIN = 1.0  # seconds

# It tells of each job at level INFO; what happens is told by those who carry it out.
logging.getLogger("procrastinate").setLevel(logging.ERROR)
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)


class _Connection(psycopg.AsyncConnection[Any]):
    """Each call is one statement: a BEGIN and a COMMIT would be two ways to the server more."""

    @classmethod
    async def connect(cls, conninfo: str = "", **given: Any) -> Self:
        return await super().connect(conninfo, **{**given, "autocommit": True})


class JobQueue:
    """`options`: how the server is reached, as psycopg has them; `error` words what it says;
    `patience`: seconds for a connection to be free and alive."""

    def __init__(
        self,
        options: Mapping[str, Any],
        error: Callable[[Exception], LedgerError],
        *,
        patience: float = 8.0,
    ) -> None:
        self._error = error
        self._connector = PsycopgConnector(
            conninfo="",
            kwargs=dict(options),
            connection_class=_Connection,
            min_size=0,
            max_size=_CONNECTIONS,
            timeout=patience,
            reconnect_timeout=_TRIES_FOR,
        )
        self._jobs = App(connector=self._connector).job_manager
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="queue", daemon=True)
        self._thread.start()
        self._asking = threading.Lock()
        self._is_closed = False
        self._beating: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._call(self._connector.open_async())

    # -- by those who plan ------------------------------------------------------------------

    def put(self, wanted: Sequence[QueuedJob]) -> dict[tuple[str, str], int]:
        """Let these be worked on: (dataset, kind) -> the id of the job that will do it.

        Where one waits already, that one will.
        """
        return self._call(self._put(wanted)) if wanted else {}

    def count_anew(self) -> None:
        """After many were put: let the server plan by what is in the queue now. By the statistics
        of an empty one it reads all that waits for each job that is fetched."""
        self._call(self._connector.execute_query_async("ANALYZE procrastinate_jobs"))

    def known(self) -> tuple[QueuedJob, ...]:
        """All that wait or are worked on."""
        return self._call(self._known())

    def end_stalled(self) -> tuple[QueuedJob, ...]:
        """End the jobs of workers that are silent; returns what nobody works on any more."""
        return self._call(self._end_stalled())

    def end(self, job: int) -> None:
        """It is done with, well or not. Nothing happens where it was ended before."""
        self._call(self._end(job))

    # -- by those who work ------------------------------------------------------------------

    def register(self) -> int:
        """A worker's id, for `fetch` and `keep_alive`."""
        return self._call(self._jobs.register_worker())

    def unregister(self, worker: int) -> None:
        self._call(self._jobs.unregister_worker(worker))

    def keep_alive(self, worker: int) -> None:
        """Let it give signs of life from now on, whatever its own thread does; no other one."""
        self._call(self._keep_alive(worker))

    def fetch(self, worker: int, *, large: bool) -> QueuedJob | None:
        """The next one that may be begun, which is this worker's from now on.

        `large`: whether one with big files may be it.
        """
        return self._call(self._fetch(worker, [_SMALL, _LARGE] if large else [_SMALL]))

    def given(self, worker: int) -> tuple[QueuedJob, ...]:
        """All that this worker was given and that has not ended."""
        return self._call(self._given(worker))

    def listen(self, on_arrival: Callable[[], None]) -> None:
        """Have it called, from another thread, when a job came. Behind a pooler nothing may come:
        looking now and then stays needed."""
        self._call(self._listen(on_arrival))

    def close(self) -> None:
        """Whoever waits for an answer still gets none."""
        with suppress(LedgerError):
            self._call(self._close())
        with self._asking:
            self._is_closed = True
        asyncio.run_coroutine_threadsafe(self._give_up(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_ENDS_WITHIN)
        if not self._thread.is_alive():
            self._loop.close()

    # -- in the queue's thread --------------------------------------------------------------

    def _call(self, asked: Coroutine[Any, Any, T]) -> T:
        with self._asking:
            if self._is_closed:
                asked.close()
                raise self._error(OSError("closed"))
            future = asyncio.run_coroutine_threadsafe(
                asyncio.wait_for(asked, _GIVEN_UP_AFTER), self._loop
            )
        try:
            return future.result()
        except CancelledError as error:
            raise self._error(OSError("closed")) from error
        except wrong.ProcrastinateException as error:
            raise self._error(_cause(error)) from error
        except (psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            raise self._error(error) from error

    async def _put(self, wanted: Sequence[QueuedJob]) -> dict[tuple[str, str], int]:
        left = {_queueing_lock(one): one for one in wanted}
        found: dict[tuple[str, str], int] = {}
        while left:
            try:
                put = await self._jobs.batch_defer_jobs_async([_as_job(o) for o in left.values()])
            except wrong.AlreadyEnqueued:
                for job in await self._jobs.list_jobs_async(task=_TASK, status=Status.TODO.value):
                    one = left.pop(job.queueing_lock or "", None)
                    if one is not None and job.id is not None:
                        found[one.dataset, one.kind] = job.id
                continue
            found |= {_of(job): job.id for job in put if job.id is not None}
            break
        return found

    async def _known(self) -> tuple[QueuedJob, ...]:
        found: list[QueuedJob] = []
        for status in (Status.TODO, Status.DOING):
            jobs = await self._jobs.list_jobs_async(task=_TASK, status=status.value)
            found += (_queued(job) for job in jobs)
        return tuple(found)

    async def _end_stalled(self) -> tuple[QueuedJob, ...]:
        stalled = await self._jobs.get_stalled_jobs(
            task_name=_TASK, seconds_since_heartbeat=STALLED_AFTER
        )
        ended = []
        for job in stalled:
            if job.id is not None:
                await self._end(job.id)
                ended.append(_queued(job))
        await self._jobs.prune_stalled_workers(FORGOTTEN_AFTER)
        return tuple(ended)

    async def _end(self, job: int) -> None:
        try:
            await self._jobs.finish_job_by_id_async(job, Status.SUCCEEDED, delete_job=True)
        except wrong.ConnectorException as error:
            if getattr(_cause(error), "sqlstate", None) != _RAISED:
                raise

    async def _fetch(self, worker: int, queues: Iterable[str]) -> QueuedJob | None:
        try:
            job = await self._jobs.fetch_job(queues=list(queues), worker_id=worker)
        except wrong.UniqueViolation:
            return None  # another worker was quicker with the same dataset
        return _queued(job) if job is not None else None

    async def _given(self, worker: int) -> tuple[QueuedJob, ...]:
        jobs = await self._jobs.list_jobs_async(
            task=_TASK, status=Status.DOING.value, worker_id=worker
        )
        return tuple(_queued(job) for job in jobs)

    async def _keep_alive(self, worker: int) -> None:
        async def beating() -> None:
            while True:
                await asyncio.sleep(_BEAT_EVERY)
                with suppress(wrong.ProcrastinateException, psycopg.Error, OSError):
                    await self._jobs.update_heartbeat(worker)

        if self._beating is not None:
            self._beating.cancel()
        self._beating = asyncio.create_task(beating())

    async def _listen(self, on_arrival: Callable[[], None]) -> None:
        async def arrived(**_: object) -> None:
            on_arrival()

        async def listening() -> None:
            while True:
                with suppress(wrong.ProcrastinateException, psycopg.Error, OSError):
                    await self._jobs.listen_for_jobs(
                        on_notification=arrived, queues=[_SMALL, _LARGE]
                    )
                await asyncio.sleep(_LISTEN_AGAIN)

        if self._listening is None:
            self._listening = asyncio.create_task(listening())

    async def _close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        await self._connector.close_async()

    async def _give_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


_RAISED = "P0001"  # SQLSTATE of a function's own refusal: no such job


def _cause(error: BaseException) -> Exception:
    cause = error.__cause__
    return cause if isinstance(cause, Exception) else Exception(str(error))


def _lock(one: QueuedJob) -> str:
    return f"{one.portal}/{one.dataset}"


def _queueing_lock(one: QueuedJob) -> str:
    """A cycle looks at the portal too, but a portal check is no cycle: each waits by itself."""
    return f"{one.kind} {_lock(one)}"


def _as_job(one: QueuedJob) -> Job:
    return Job(
        queue=_LARGE if one.large else _SMALL,
        lock=_lock(one),
        queueing_lock=_queueing_lock(one),
        task_name=_TASK,
        task_kwargs={
            "portal": one.portal,
            "dataset": one.dataset,
            "kind": one.kind,
            "why": one.why,
        },
    )


def _of(job: Job) -> tuple[str, str]:
    return str(job.task_kwargs["dataset"]), str(job.task_kwargs["kind"])


def _queued(job: Job) -> QueuedJob:
    given = job.task_kwargs
    return QueuedJob(
        portal=str(given["portal"]),
        dataset=str(given["dataset"]),
        kind="check" if given["kind"] == "check" else "cycle",
        why=str(given["why"]),
        large=job.queue == _LARGE,
        id=job.id or 0,
    )
