"""The process that looks into files: whatever is in them, and whatever becomes of it."""

from __future__ import annotations

import ctypes
import errno
import itertools
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from syncd.adapters.reader import answers, client
from syncd.adapters.reader.client import ReaderProcess
from syncd.adapters.reader.limits import MEMORY, seconds_for
from syncd.core.errors import Abandoned, ReaderError, ReaderKilled, Shortage
from syncd.core.ports import SpooledFile
from syncd.core.reasons import Reason, because
from syncd.guards.comparison import Comparison
from syncd.guards.profile import Profile
from tests.support.builders import digest
from tests.support.corpus import xlsx
from tests.support.processes import cpu_seconds
from tests.support.shared_reader import looked_into, nothing, read_here

# In place of the real one: it says that it is ready, waits for a file, and then does as it is told.
STAND_IN = """
import os, signal, socket, sys
channel = socket.socket(fileno=int(sys.argv[1]))
channel.sendall(b"+")
channel.recvmsg(1 << 16, 64)
def answer(said):
    channel.sendall(len(said).to_bytes(4, "big") + said)
"""


@pytest.fixture
def file(tmp_path: Path) -> SpooledFile:
    path = tmp_path / "spooled"
    path.write_bytes(b"id,nom\n1,Louvre\n")
    return SpooledFile(path, digest("any", 16))


@pytest.fixture
def own() -> Iterator[ReaderProcess]:
    reader = ReaderProcess()
    yield reader
    reader.close()


def pid_of(reader: ReaderProcess) -> int:
    assert reader._running is not None
    return reader._running._process.pid


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def stand_in(then: str, **options: object) -> ReaderProcess:
    return ReaderProcess(command=(sys.executable, "-c", STAND_IN + then), **options)  # type: ignore[arg-type]


def verdict(reader: ReaderProcess, file: SpooledFile, name: str = "a.csv") -> Profile:
    try:
        found = Profile.from_json(reader.read(file, name, nothing))
    finally:
        reader.close()
    assert found is not None
    return found


def test_what_the_reader_finds_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx([["nom", "mél"], ["Louvre", "accueil@louvre.example"]]))
    assert looked_into(path, "a.xlsx") == read_here(path, "a.xlsx")


def test_one_process_looks_into_many_files(own: ReaderProcess, file: SpooledFile) -> None:
    own.read(file, "a.csv", nothing)
    first = pid_of(own)
    own.read(file, "b.csv", nothing)
    assert pid_of(own) == first


def test_it_is_replaced_after_so_many_files(
    own: ReaderProcess, file: SpooledFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "FILES", 2)
    own.read(file, "a.csv", nothing)
    first = pid_of(own)
    own.read(file, "a.csv", nothing)
    own.read(file, "a.csv", nothing)
    assert pid_of(own) != first


def test_one_that_went_while_it_was_idle_is_replaced_without_a_word(file: SpooledFile) -> None:
    reader = stand_in("""answer(b'{"profile": {"format": "csv"}}')""")  # and so it ends
    reader.read(file, "a.csv", nothing)
    assert verdict(reader, file) == Profile("csv")


def test_a_file_is_said_to_be_opened_once_and_only_then(file: SpooledFile) -> None:
    opened: list[str] = []
    missing = ReaderProcess(command=("/nowhere/at/all",))
    with pytest.raises(ReaderError):
        missing.read(file, "a.csv", lambda: opened.append("no process"))
    stopping = ReaderProcess(lambda: True)
    with client._ONE, pytest.raises(Abandoned):
        stopping.read(file, "a.csv", lambda: opened.append("not its turn"))
    reader = stand_in("""answer(b'{"profile": {"format": "csv"}}')""")  # and so it ends
    reader.read(file, "a.csv", lambda: opened.append("first"))
    reader.read(file, "a.csv", lambda: opened.append("second, although the process had gone"))
    reader.close()
    assert opened == ["first", "second, although the process had gone"]


def test_one_that_went_while_it_was_noted_that_a_file_is_opened_is_replaced(
    file: SpooledFile, tmp_path: Path
) -> None:
    """Its first process has no work for as long as the ledger is away, and so it ends."""
    reader = ReaderProcess(
        command=(
            sys.executable,
            "-c",
            f"import os, sys\nplace = {str(tmp_path / 'first')!r}\n"
            "is_first = not os.path.exists(place)\nopen(place, 'w')\n"
            + STAND_IN.replace("channel.recvmsg", "is_first and sys.exit(0)\nchannel.recvmsg")
            + """answer(b'{"profile": {"format": "csv"}}')""",
        )
    )

    def last() -> None:
        assert reader._running is not None
        assert reader._running._process.wait(60) == 0

    try:
        found = reader.read(file, "a.csv", last)
    finally:
        reader.close()
    assert Profile.from_json(found) == Profile("csv")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_its_parent_is_told_is_not_for_it(
    own: ReaderProcess, file: SpooledFile, number: signal.Signals
) -> None:
    """As systemd does with all processes of a service that it stops."""
    found = own.read(file, "a.csv", lambda: os.kill(pid_of(own), number))
    profile = Profile.from_json(found)
    assert profile is not None
    assert (profile.trouble, profile.format) == (None, "csv")


# -- files that end it ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("a.csv", "guard_limits"), ("a.ods", "guard_hungry")])
@pytest.mark.parametrize("sign", ["SIGSEGV", "SIGABRT", "SIGPROF", "SIGALRM"])
def test_a_file_that_it_does_not_survive_is_held_by_name(
    file: SpooledFile, sign: str, name: str, code: str
) -> None:
    reader = stand_in(f"os.kill(os.getpid(), signal.{sign})")
    with capture_logs() as lines:
        found = verdict(reader, file, name)
    assert found.trouble == because(code, limit=MEMORY, seconds=seconds_for(16))
    assert [(line["event"], line["key"]) for line in lines] == [("content.reader_ended", name)]


def test_one_that_hangs_is_ended(file: SpooledFile) -> None:
    reader = stand_in("signal.pause()", seconds_for=lambda _size: 0)
    found = verdict(reader, file)
    assert found.trouble == because("guard_limits", limit=MEMORY, seconds=0)


def test_what_takes_too_much_work_is_ended_by_the_kernel(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b"1," * 20_000_000 + b"1]")
    reader = ReaderProcess(seconds_for=lambda _size: 1)
    found = verdict(reader, SpooledFile(path, digest("any", path.stat().st_size)), "a.json")
    assert found.trouble == because("guard_limits", limit=MEMORY, seconds=1)


def test_what_takes_too_much_memory_is_held(tmp_path: Path, own: ReaderProcess) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'["' + b"a" * (200 << 20) + b'"]')
    file = SpooledFile(path, digest("any", path.stat().st_size))
    found = verdict(own, file, "a.json")
    assert found.trouble == because("guard_limits", limit=MEMORY, seconds=seconds_for(200 << 20))
    assert verdict(own, file, "a.txt").trouble is None  # and the next one finds a new process


def test_one_that_stumbles_leaves_a_finding_and_a_line_in_the_log(file: SpooledFile) -> None:
    said = b'{"trouble": "fault", "detail": "KeyError", "where": "table.py:7"}'
    with capture_logs() as lines:
        found = verdict(stand_in(f"answer({said!r})"), file)
    assert found.fault == because("guard_fault", detail="KeyError")
    assert [(line["event"], line["key"]) for line in lines] == [("content.fault", "a.csv")]
    assert lines[0]["where"] == "table.py:7"


# -- one that cannot be trusted -----------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no JSON",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"profile": 3}',
        b'{"trouble": "of its own"}',
        b'{"trouble": "shortage", "detail": "of its own"}',
        b'{"trouble": "shortage", "detail": []}',
        b'{"trouble": []}',
        b'{"profile": {"trouble": {"code": "released", "facts": {}}}}',
        b'{"profile": {"trouble": {"code": "guard_json", "facts": {"line": "x", "column": 1}}}}',
        b'{"profile": {"trouble": {"code": "guard_geojson_type", "facts": {"found": "'
        + b"x" * 9999
        + b'"}}}}',
        b'{"profile": {"fault": {"code": "guard_fault", "facts": {"detail": "x"}}}}',
        b'{"profile": {"schema": {"trouble": "of its own"}}}',
    ],
)
def test_an_answer_that_makes_no_sense_is_a_fault_and_nothing_more(said: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of json or of ours
        answers.read(said)


@pytest.mark.parametrize(
    "sending", ['answer(b"garbage")', 'channel.sendall(b"\\xff\\xff\\xff\\xff")']
)
def test_garbage_is_never_good(file: SpooledFile, sending: str) -> None:
    found = verdict(stand_in(sending), file)
    assert found.fault == because("guard_fault", detail="answer")


def test_words_of_its_own_are_shown_without_control_characters() -> None:
    said = answers.read(b'{"trouble": "fault", "detail": "a\\u001b[31m\\nb", "where": 3}')
    assert said == answers.Trouble("fault", "a[31mb", "")


# -- shortages of our own -----------------------------------------------------------------------


def test_one_that_somebody_killed_says_nothing_of_the_file(file: SpooledFile) -> None:
    reader = stand_in("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ReaderKilled):
        verdict(reader, file)


@pytest.mark.parametrize(
    "program", ["raise MemoryError", "import sys; sys.exit(3)", "import nothing_of_that_name"]
)
def test_one_that_does_not_start_says_nothing_of_the_file(file: SpooledFile, program: str) -> None:
    reader = ReaderProcess(command=(sys.executable, "-c", program))
    with pytest.raises(ReaderError) as raised:
        verdict(reader, file)
    assert raised.value.reason.code == "reader_unavailable"
    assert not isinstance(raised.value, ReaderKilled)


def test_a_shortage_that_it_meets_says_nothing_of_the_file(file: SpooledFile) -> None:
    reader = stand_in("""answer(b'{"trouble": "shortage", "detail": "shortage_files"}')""")
    with pytest.raises(Shortage) as raised:
        verdict(reader, file)
    assert raised.value.reason == because("shortage_files")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EAGAIN, because("shortage_processes")),
        (errno.ENOMEM, because("shortage_memory")),
        (errno.EMFILE, because("shortage_files")),
        (errno.EPERM, because("reader_unavailable", detail=os.strerror(errno.EPERM))),
    ],
)
def test_a_shortage_of_processes_says_nothing_of_the_file(
    own: ReaderProcess,
    file: SpooledFile,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    reason: Reason,
) -> None:
    def short(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    before = _descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", short)
        with pytest.raises((Shortage, ReaderError)) as raised:
            own.read(file, "a.csv", nothing)
    assert raised.value.reason == reason
    assert _descriptors() == before
    own.read(file, "a.csv", nothing)  # when there is room again


def test_a_shortage_of_descriptors_says_nothing_of_the_file(
    own: ReaderProcess, file: SpooledFile
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors() + 1, limits[1]))
    try:
        with pytest.raises(Shortage):
            own.read(file, "a.csv", nothing)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    own.read(file, "a.csv", nothing)


# -- its end ------------------------------------------------------------------------------------


def test_a_service_that_stops_does_not_wait_for_a_long_reading(file: SpooledFile) -> None:
    told = itertools.chain([False], itertools.repeat(True))  # while it is read
    reader = stand_in("signal.pause()", stopping=lambda: next(told))
    with pytest.raises(Abandoned):
        verdict(reader, file)
    assert reader._running is None


def test_whoever_waits_for_his_turn_stops_as_well(file: SpooledFile) -> None:
    with client._ONE, pytest.raises(Abandoned):
        ReaderProcess(stopping=lambda: True).read(file, "a.csv", nothing)


def test_it_ends_with_the_process_that_started_it_however_busy_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b"1," * 60_000_000 + b"1]")
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.support.shared_reader import looked_into\n"
        "looked_into(Path(sys.argv[1]), 'a.json')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)]) as parent:
        (child,) = children_of(parent.pid)
        while cpu_seconds(child) < 1:  # it has begun
            assert parent.poll() is None
        parent.kill()
    _gone(child)


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    while not found:
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
                found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _gone(pid: int) -> None:
    descriptor = _opened(pid)
    if descriptor is not None:
        watch = select.poll()
        watch.register(descriptor, select.POLLIN)
        assert watch.poll(30_000)
        os.close(descriptor)


def _opened(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return None


# -- what it may not do -------------------------------------------------------------------------

CONFINED = """
import json, os, socket, sys
from syncd.adapters.reader import confinement
end, lifeline = os.pipe()
confinement.confine(end)
found = {}
def tried(name, do):
    try:
        do()
    except Exception as error:
        found[name] = type(error).__name__
    else:
        found[name] = ""
tried("reading", lambda: open(sys.argv[1]).read())
tried("writing", lambda: open(sys.argv[1] + ".new", "w"))
tried("here", lambda: open("new", "w"))
tried("starting", lambda: os.posix_spawn("/bin/true", ["true"], {}))
tried("network", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5))
tried("memory", lambda: bytearray(400 << 20))
tried("library", lambda: __import__("encodings.cp866"))
tried("many", lambda: [os.dup(0) for _ in range(30)])
print(json.dumps(found))
"""


def test_it_opens_no_other_file_and_no_connection(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", CONFINED, str(secret), str(server.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["memory"], found["many"], found["library"]) == ("MemoryError", "OSError", "")
    assert found["network"] != "" or not _has_own_network()
    if _has_landlock():
        assert found["reading"] == found["writing"] == found["starting"] == "PermissionError"
    assert found["here"] != ""


def _has_landlock() -> bool:
    return bool(ctypes.CDLL(None).syscall(444, None, 0, 1) > 0)


def _has_own_network() -> bool:
    done = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False)
    return done.returncode == 0


def comparison(reader: ReaderProcess, file: SpooledFile) -> Comparison:
    try:
        said = reader.compare(file, "a.csv", file, "a.csv", ())
    finally:
        reader.close()
    return Comparison.from_json(json.loads(said))


def test_two_files_are_compared_in_one_question(own: ReaderProcess, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"id,nom\n1,Louvre\n")
    new.write_bytes(b"id,nom\n1,Fabre\n2,Ingres\n")
    files = [SpooledFile(path, digest("any", path.stat().st_size)) for path in (old, new)]

    found = Comparison.from_json(json.loads(own.compare(files[0], "a", files[1], "a.csv", ())))

    assert found.not_further == "other_format"  # by the name, the first is no table
    found = Comparison.from_json(json.loads(own.compare(files[0], "a.csv", files[1], "a.csv", ())))
    assert found.rows is not None
    assert (found.rows.changed, found.rows.added) == (1, 1)
    before = _descriptors()
    own.compare(files[0], "a.csv", files[1], "a.csv", ())
    assert _descriptors() == before


@pytest.mark.parametrize(
    "said",
    [
        "{}",
        "[]",
        '{"profile": {}}',
        '{"comparison": 1}',
        '{"comparison": {"not_further": "else"}}',
        '{"comparison": {"not_further": "", "before": {}, "after": {}, "rows": {"by": []}}}',
        '{"comparison": {"not_further": "", "before": {}, "after": {}, "columns": []}}',
        '{"comparison": {"not_further": "", "after": {}, "before": {"trouble": {"code": "x"}}}}',
        "[" * 5000,
    ],
)
def test_a_comparison_that_makes_no_sense_is_no_word_of_the_files(
    file: SpooledFile, said: str
) -> None:
    with capture_logs():
        found = comparison(stand_in(f"answer({said.encode()!r}); channel.recv(1)"), file)

    assert found == Comparison(not_further="limits")


def test_a_comparison_that_takes_too_much_is_said_to(file: SpooledFile) -> None:
    with capture_logs():
        found = comparison(stand_in("os.kill(os.getpid(), signal.SIGSEGV)"), file)

    assert found == Comparison(not_further="limits")
