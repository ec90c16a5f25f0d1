"""A file is whole or not there: who reads it meanwhile never sees half of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path, draft: Path) -> Iterator[None]:
    """Write `draft`, in the same folder, inside the block: it takes `path`'s place at its end.

    It is gone when the block raises. `OSError` from the renaming.
    """
    try:
        yield
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
