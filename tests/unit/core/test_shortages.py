"""What this machine lacks is told from what is wrong with a file."""

from __future__ import annotations

import errno
import zipfile

import pytest

from syncd.core.errors import Shortage
from syncd.core.shortages import CODES, shortage_in
from syncd.text import sentence


def _caused_by(cause: BaseException) -> Exception:
    try:
        raise ValueError("the file is broken") from cause
    except ValueError as error:
        return error


def _while_handling(first: BaseException) -> Exception:
    try:
        try:
            raise first
        finally:
            raise ValueError("the file is broken")
    except ValueError as error:
        return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "shortage_files"),
        (OSError(errno.ENFILE, "Too many open files in system"), "shortage_files"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "shortage_memory"),
        (MemoryError(), "shortage_memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "shortage_disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "shortage_disk"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "shortage_processes"),
        (RuntimeError("can't start new thread"), "shortage_processes"),
        (Exception("External error: Too many open files (os error 24)"), "shortage_files"),
        (Shortage("shortage_disk"), "shortage_disk"),
    ],
)
def test_each_shortage_is_known_also_as_the_cause_of_something_else(
    error: BaseException, code: str
) -> None:
    for shown in (error, _caused_by(error), _while_handling(error)):
        found = shortage_in(shown)
        assert found is not None
        assert found.reason.code == code


@pytest.mark.parametrize(
    "error",
    [
        zipfile.BadZipFile("File is not a zip file"),
        OSError(errno.EIO, "Input/output error"),
        PermissionError(errno.EACCES, "Permission denied"),
        RuntimeError("File is encrypted, password required for extraction"),
        ValueError("os error"),
        OSError("not a gzipped file"),
    ],
)
def test_what_is_wrong_with_a_file_is_no_shortage(error: Exception) -> None:
    assert shortage_in(error) is None


@pytest.mark.parametrize("code", sorted(CODES))
def test_its_sentence_says_that_nothing_was_decided(code: str) -> None:
    assert "Nothing was decided" in sentence(Shortage(code).reason)
