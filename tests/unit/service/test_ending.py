"""How a service's process ends: no thread that goes on keeps it."""

from __future__ import annotations

import subprocess
import sys

import pytest

_GOES_ON = "import threading; threading.Thread(target=threading.Event().wait).start()"


@pytest.mark.parametrize("thread", ["", _GOES_ON], ids=["alone", "beside_a_thread"])
def test_a_process_ends_with_its_code_and_says_all_that_it_said(thread: str) -> None:
    code = (
        f"{thread}\nfrom syncd.service.ending import end; print('last'); raise SystemExit(end(3))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "last\n", "")
