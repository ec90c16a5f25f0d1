"""Several jobs at once, in threads that nobody has to wait for when the process is told to end."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import TypeVar

from syncd.core.errors import Abandoned

T = TypeVar("T")


class WorkerPool:
    """At most `limit` jobs at work at once, but for those that stepped aside.

    Each thread begins with what is bound where `run` was called, never with what a job that stepped
    aside has bound: its lock would seem to be the other jobs' too, and lost once it is freed.
    """

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._bound = Context()
        self._lock = threading.Lock()
        self._at_work = 0
        self._begun = 0  # threads, ever
        self._waiting = deque[Callable[[], None]]()
        self._ended = queue.SimpleQueue[bool]()
        self._failed = False
        self._own = threading.local()  # in how many `release_slot` this thread is

    def run(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """The jobs' results in their order. Once for each pool.

        What a job raises is raised here, once the others that have begun are done; those that have
        not are left out. An interruption (Ctrl-C) ends the waiting at once: daemon threads die with
        the process, as at a kill.
        """
        found: dict[int, T] = {}
        troubles: list[BaseException] = []

        def carry_out(number: int) -> None:
            try:
                found[number] = jobs[number]()
            except BaseException as error:
                troubles.append(error)
                self._failed = True

        with self._lock:
            for number in range(len(jobs)):
                self._waiting.append(lambda number=number: carry_out(number))  # type: ignore[misc]
        self._bound = copy_context()
        self._hire()
        ended = 0
        while ended < self._begun:  # only one who works hires others, before it ends
            self._ended.get()
            ended += 1
        if troubles:
            raise troubles[0]
        return [found[number] for number in range(len(jobs))]

    @contextmanager
    def release_slot(self) -> Iterator[None]:
        """For what takes long inside a job: another job may take its place meanwhile."""
        depth = getattr(self._own, "depth", 0)
        self._own.depth = depth + 1
        try:
            if depth:  # it has left its place already
                yield
                return
            with self._lock:
                self._at_work -= 1
            try:
                self._hire()
                yield
            finally:
                with self._lock:
                    self._at_work += 1
        finally:
            self._own.depth = depth

    def _hire(self) -> None:
        with self._lock:
            count = min(self._limit - self._at_work, len(self._waiting))
            for _ in range(count):
                # Started first: where no more threads can be had, nobody waits for this one. It
                # takes no job before the lock is free.
                begin = self._bound.copy().run
                threading.Thread(target=begin, args=(self._work,), daemon=True).start()
                self._at_work += 1
                self._begun += 1

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job()
        self._ended.put(True)

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._waiting and not self._failed and self._at_work <= self._limit:
                return self._waiting.popleft()
            self._at_work -= 1
            return None


GLANCE = 0.5  # seconds between two looks whether waiting is still of use


class Limiter:
    """`width` at a time, the others wait; `Abandoned` when `stopping` says that it is of no use."""

    def __init__(self, width: int, stopping: Callable[[], bool]) -> None:
        self._places = threading.Semaphore(width)
        self._stopping = stopping

    @contextmanager
    def one(self) -> Iterator[None]:
        while not self._places.acquire(timeout=GLANCE):
            if self._stopping():
                raise Abandoned
        try:
            yield
        finally:
            self._places.release()
