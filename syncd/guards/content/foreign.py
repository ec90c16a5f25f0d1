"""Libraries written in Rust stop on a mistake of their own with an exception above `Exception`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def panics_as(error: type[Exception]) -> Iterator[None]:
    """Turns such a panic into `error`, so that one bad file stops nothing else."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise error("panic") from panic
