"""The inside of a process with limits: one question after the other, over a socket.

Each comes with the descriptors of its files, open for reading; the answer is JSON.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from io import FileIO
from typing import Any

from syncd.adapters.reader.growing import GrowingFile
from syncd.adapters.reader.limits import IDLE, LENGTH, READY
from syncd.core.shortages import shortage_in

Job = dict[str, Any]


AnswerTo = Callable[[Sequence[FileIO], Job], str]
_FILES = 2  # at most that come with one question


def serve(channel: socket.socket, answer_to: AnswerTo) -> None:
    """Until nothing more is asked. `answer_to` makes JSON of the files and what is to be known."""
    channel.sendall(READY)
    os.dup2(1, 2)  # what a library says of a file is nothing for the log
    channel.settimeout(IDLE)
    while (asked := _next(channel)) is not None:
        files, job = asked
        answer = _answer(files, job, answer_to).encode(errors="replace")
        channel.settimeout(None)
        channel.sendall(LENGTH.pack(len(answer)) + answer)
        channel.settimeout(IDLE)


def _next(channel: socket.socket) -> tuple[list[int], Job] | None:
    """The next files and what is to be known of them; None when none come."""
    try:
        head, control, _, _ = channel.recvmsg(LENGTH.size, socket.CMSG_SPACE(4 * _FILES))
    except TimeoutError:
        return None
    if not head:
        return None
    (size,) = LENGTH.unpack(head)
    job = b""
    while len(job) < size:
        job += channel.recv(size - len(job))
    descriptors = array.array("i", control[0][2])
    return list(descriptors), json.loads(job)


def _answer(descriptors: Sequence[int], job: Job, answer_to: AnswerTo) -> str:
    """Ended by SIGPROF or SIGALRM where it takes too long.

    `grows` in the job: there is one file, whose writer says over the second descriptor when it is
    whole. How long that takes is not the file's doing: the clock counts from then on.
    """

    def begin() -> None:
        signal.setitimer(signal.ITIMER_REAL, job["patience"])

    signal.setitimer(signal.ITIMER_PROF, job["seconds"])
    try:
        with ExitStack() as opened:
            if job.get("grows"):
                opened.callback(os.close, descriptors[1])
                growing = GrowingFile(descriptors[0], descriptors[1], begin)
                return answer_to([opened.enter_context(growing)], job)
            begin()
            files = [opened.enter_context(FileIO(descriptor)) for descriptor in descriptors]
            return answer_to(files, job)
    except Exception as error:
        shortage = shortage_in(error)
        if shortage is not None and shortage.reason.code == "shortage_memory":
            return json.dumps({"trouble": "memory"})  # as much as the limit lets any file have
        if shortage is not None:
            return json.dumps({"trouble": "shortage", "detail": shortage.reason.code})
        if isinstance(error, OSError):
            return json.dumps({"trouble": "disk", "detail": os.strerror(error.errno or 0)})
        # Where it was, not what it said: that may be what stands in the file.
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"  # noqa: PTH119 - as is
        return json.dumps({"trouble": "fault", "detail": type(error).__name__, "where": where})
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
