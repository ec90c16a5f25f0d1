"""`syncd demo`, as a newcomer tries it."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.support.cli_harness import PATIENCE, SYNCD, Done


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}


def demo(folder: Path) -> Done:
    done = subprocess.run(
        [str(SYNCD), "demo"],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def asked_and_sent(done: Done) -> tuple[int, int]:
    found = re.search(r"asked (\d+) times, and took (\d+) file", done.out)
    assert found, done.all
    return int(found[1]), int(found[2])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a newcomer types `syncd demo`, again and again."""
    return tmp_path_factory.mktemp("newcomer")


def addresses(done: Done) -> set[str]:
    """Of the two servers. Bindings carry them, so a server that had to move is a new one."""
    return set(re.findall(r"http://127\.0\.0\.1:\d+(?=[;.])", done.out))


@pytest.fixture(scope="module")
def twice(folder: Path) -> tuple[Done, Done]:
    """The first time, and the next one that finds its ports free: other tests take ports, too."""
    first = last = demo(folder)
    for _ in range(5):
        before, last = last, demo(folder)
        if addresses(last) == addresses(before):
            break
    return first, last


def test_the_demo_publishes_seven_files_and_sends_nothing_the_second_time(
    twice: tuple[Done, Done],
) -> None:
    first, second = twice

    assert (first.code, second.code) == (0, 0), first.all + second.all
    assert asked_and_sent(first)[1] == 7
    assert asked_and_sent(second) == (0, 0)
    assert "Nothing had changed" in second.out
    assert "demo --page" in first.out
    assert "demo --page" in second.out
    assert first.err == second.err == ""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="pidfd_open(2) is Linux's own")
def test_a_killed_demo_leaves_no_server_behind(
    twice: tuple[Done, Done],  # what takes longest was done by then
    folder: Path,
) -> None:
    with subprocess.Popen(
        [str(SYNCD), "demo"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if line.startswith("$ syncd sync"):
                break
        servers = [pid for pid in children(process.pid) if "weed" in command(pid)]
        assert len(servers) == 1
        watched = os.pidfd_open(servers[0])
        try:
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE)
            poll = select.poll()
            poll.register(watched, select.POLLIN)
            assert poll.poll(PATIENCE * 1000), "the S3 server outlived the demo"
        finally:
            os.close(watched)


def children(pid: int) -> list[int]:
    """From every thread: a child belongs to the thread that made it."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="pidfd_open(2) is Linux's own")
def test_the_demo_with_the_page_has_something_to_decide_until_it_is_told_to_stop(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [str(SYNCD), "demo", "--page"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        begun = ""
        for line in process.stdout:
            begun += line
            if line.startswith("What the page says"):
                break
        (home,) = re.findall(r"operators' page: (http://127\.0\.0\.1:\d+)/\n", begun)
        started = [(pid, os.pidfd_open(pid)) for pid in children(process.pid)]
        try:
            kinds = ("held", "late", "claimed by no target")
            page = waited_for(process, f"{home}/", *kinds)
            (decision,) = re.findall(r'href="(/decision[^"]+)"', page)
            shown = waited_for(process, home + unescape(decision), "Rows that would go")
            assert "Alexis de Tocqueville" in shown
            (air,) = re.findall(
                r'href="(/resource[^"]+)">[^<]*Qualité de l’air',
                waited_for(process, home + dataset_of(decision), "Qualité de l’air"),
            )
            first = files_in(waited_for(process, home + unescape(air), "History"))
            while files_in(waited_for(process, home + unescape(air), "History")) == first:
                rest(process)  # until another deposit was published
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
            assert (process.returncode, err) == (0, ""), out
            assert len(started) == 2
            for _, watched in started:
                assert select.select([watched], [], [], PATIENCE)[0], "a server outlived the demo"
        finally:
            process.kill()
            for _, watched in started:
                os.close(watched)


def waited_for(process: subprocess.Popen[str], address: str, *words: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        page = httpx.get(address, trust_env=False, timeout=PATIENCE).text
        if all(word in page for word in words):
            return page
        assert time.monotonic() < deadline, page
        rest(process)


def rest(process: subprocess.Popen[str]) -> None:
    """For half a second; not longer than it lives."""
    assert process.stdout
    assert not select.select([process.stdout], [], [], 0.5)[0], "it ended by itself"


def dataset_of(decision: str) -> str:
    (dataset,) = re.findall(r"dataset=(\w+)", decision)
    return f"/dataset?dataset={dataset}"


def files_in(page: str) -> set[str]:
    """Their sha1."""
    return set(re.findall(r"\b[0-9a-f]{40}\b", page))
