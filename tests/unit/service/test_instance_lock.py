"""A service is there while it lives, and not a moment longer."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.core.errors import SpoolError
from syncd.service.instance_lock import InstanceLock, is_anyone_there


def test_nobody_is_there_before_and_after(tmp_path: Path) -> None:
    assert not is_anyone_there(tmp_path)
    with InstanceLock(tmp_path) as first:
        assert first.alone
        assert is_anyone_there(tmp_path)
    assert not is_anyone_there(tmp_path)


def test_the_second_knows_of_the_first(tmp_path: Path) -> None:
    with InstanceLock(tmp_path), InstanceLock(tmp_path) as second:
        assert not second.alone
    assert not is_anyone_there(tmp_path)


def test_asking_does_not_keep_a_service_from_being_alone(tmp_path: Path) -> None:
    is_anyone_there(tmp_path)
    with InstanceLock(tmp_path) as first:
        assert first.alone


def test_a_killed_service_is_gone(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from syncd.service.instance_lock import InstanceLock\n"
        "with InstanceLock(Path(sys.argv[1])): print('here', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "here\n"
        assert is_anyone_there(tmp_path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not is_anyone_there(tmp_path)


def test_a_state_folder_that_cannot_be_used_is_our_own_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError), InstanceLock(tmp_path / "file"):
        pass


def test_a_state_folder_that_a_service_makes_is_closed_to_others(tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "state"):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
