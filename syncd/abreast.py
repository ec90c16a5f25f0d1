"""Several jobs at once, in threads that nobody has to wait for when the process is told to end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def abreast(jobs: Sequence[Callable[[], T]], limit: int) -> list[T]:
    """The jobs' results in their order, with at most `limit` at work at once.

    What a job raises is raised here, once the others that have begun are done; those that have not
    are left out. An interruption (Ctrl-C) ends the waiting at once: daemon threads die with the
    process, as at a kill.
    """
    if limit <= 1 or len(jobs) <= 1:
        return [job() for job in jobs]
    waiting = queue.SimpleQueue[int]()
    ended = queue.SimpleQueue[tuple[int, T | None, BaseException | None]]()
    failed = threading.Event()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while not failed.is_set():
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                ended.put((number, jobs[number](), None))
            except BaseException as error:
                failed.set()
                ended.put((number, None, error))
        ended.put((-1, None, None))

    workers = min(limit, len(jobs))
    for _ in range(workers):
        threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    found: dict[int, T] = {}
    trouble: BaseException | None = None
    while workers:
        number, result, error = ended.get()
        if number < 0:
            workers -= 1
        elif error is not None:
            trouble = trouble or error
        else:
            found[number] = result  # type: ignore[assignment]
    if trouble is not None:
        raise trouble
    return [found[number] for number in range(len(jobs))]
