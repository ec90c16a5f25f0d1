"""What this machine had no more of, read off an exception. Pure.

A shortage says nothing about a file, a portal or a bucket: what met it failed, and is tried again.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from syncd.core.errors import Shortage
from syncd.core.regular_expressions import regex

_CODES = {
    errno.EMFILE: "shortage_files",  # this process has as many open as it may
    errno.ENFILE: "shortage_files",  # the whole machine has
    errno.ENOMEM: "shortage_memory",
    errno.ENOSPC: "shortage_disk",
    errno.EDQUOT: "shortage_disk",
    errno.EAGAIN: "shortage_processes",  # of fork(2)
}
CODES = frozenset(_CODES.values())
_RUST = regex(r"\(os error (\d+)\)")  # how libraries written in Rust show an errno


def shortage_in(error: BaseException) -> Shortage | None:
    """The shortage that the error is, or came of; None where it is of another kind."""
    for cause in _causes(error):
        code = _code(cause)
        if code:
            return Shortage(code)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _code(error: BaseException) -> str:
    if isinstance(error, Shortage):
        return error.reason.code
    if isinstance(error, MemoryError):
        return "shortage_memory"
    # CPython's words where pthread_create(3) failed; it gives no number.
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return "shortage_processes"
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (told := _RUST.search(str(error))):
        number = int(told[1])
    return _CODES.get(number or 0, "")
