"""Reads a manifest for the service: what is wrong with the file neither ends nor freezes it.

A small file is read at once: within the ceilings for its size, nothing in it can take long. Any
other is read in a process with limits, which is made for it (docs/decisions/0046).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import structlog

from syncd.adapters.reader.limited_process import Ended, LimitedProcess, unavailable
from syncd.adapters.reader.limits import PATIENCE
from syncd.config.garbage import no_collection
from syncd.config.manifest import LoadedManifest, file_bytes, loaded, plain_form
from syncd.config.manifest.remembered import recalled_of
from syncd.core.errors import SHOWN, ManifestError, Problem, ReaderError, Shortage
from syncd.core.reasons import Reason, because
from syncd.service.manifest_process import MEMORY
from syncd.text.sentences import SENTENCES

log = structlog.get_logger("syncd.daemon")

SMALL = 16 * 1024  # bytes: some hundred targets, a tenth of a second
SECONDS = 120  # of the processor; ten thousand targets take ten, with several mistakes forty
_COMMAND = (sys.executable, "-P", "-m", "syncd.service.manifest_process")  # -P: not from here


class ManifestReader:
    """Remembers the last good manifest that it read: the same bytes are not read again.

    `state_dir`: where what a manifest was read as the last time may lie; None = nowhere.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        small: int = SMALL,
        seconds: int = SECONDS,
        command: tuple[str, ...] = _COMMAND,
    ) -> None:
        self._state_dir = state_dir
        self._small = small
        self._seconds = seconds
        self._command = command
        self._last: LoadedManifest | None = None

    def load(self, path: Path, tick: Callable[[], None]) -> LoadedManifest:
        """`ManifestError` as of `config.manifest.load`, also where the reading exceeds its limits.

        `tick` is called several times a second while it goes on; what it raises ends it.
        `Shortage` and `ReaderError`: it cannot be read now.
        """
        return self.parse(file_bytes(path), str(path), tick)

    def parse(self, data: bytes, name: str, tick: Callable[[], None]) -> LoadedManifest:
        """As `load`, of a text that problems call by this name."""
        if self._last is None or sha256(data).hexdigest() != self._last.digest:
            known = recalled_of(data, self._state_dir) if self._state_dir else None
            self._last = known or self._read(data, name, tick)
        return self._last

    def _read(self, data: bytes, name: str, tick: Callable[[], None]) -> LoadedManifest:
        # An alias may stand for more than it takes room for.
        if len(data) <= self._small and b"&" not in data:
            return loaded(data, name)
        return self._read_apart(data, name, tick)

    def _read_apart(self, data: bytes, name: str, tick: Callable[[], None]) -> LoadedManifest:
        try:
            answer = self._answer(data, name, tick)
            return _taken(answer, data)
        except Ended as ended:
            log.warning("manifest.reader_ended", code=ended.code)
            if ended.code == -signal.SIGKILL:  # not by us
                raise _refused(because("manifest_killed"), name) from None
            raise _refused(self._hungry, name) from None
        except _Hungry:
            raise _refused(self._hungry, name) from None
        except ValueError as error:
            log.error("manifest.fault", why=str(error)[:200])
            raise _refused(because("manifest_fault"), name) from None

    @property
    def _hungry(self) -> Reason:
        return because("manifest_limits", limit=MEMORY, seconds=self._seconds)

    def _answer(self, data: bytes, name: str, tick: Callable[[], None]) -> bytes:
        patience = self._seconds * PATIENCE
        job = json.dumps({"name": name, "seconds": self._seconds, "patience": patience})
        try:
            descriptor = os.memfd_create("manifest", os.MFD_CLOEXEC)
        except OSError as error:
            raise unavailable(error) from error
        try:
            with open(descriptor, "w+b", buffering=0, closefd=False) as file:
                file.write(data)
                file.seek(0)
            process = LimitedProcess.start(self._command)
            try:
                process.send(job.encode(), descriptor)
                return process.answer(patience, tick)
            finally:
                process.end()
        except OSError as error:
            raise unavailable(error) from error
        finally:
            with suppress(OSError):
                os.close(descriptor)


class _Hungry(Exception):
    """It met its limit of memory."""


def _taken(answer: bytes, data: bytes) -> LoadedManifest:
    """`ValueError` for what is no answer: the process has seen the file, and may say anything."""
    try:
        said = json.loads(answer)
    except RecursionError as error:
        raise ValueError("nested") from error
    match said:
        case {"manifest": plain}:
            with no_collection():
                manifest = plain_form.read(LoadedManifest, plain)
            if manifest.digest != sha256(data).hexdigest():
                raise ValueError("of another file")
            return replace(manifest, text=data)
        case {"problems": [_, *_] as plain, "count": int(count)}:
            problems = [plain_form.read(Problem, one) for one in plain[:SHOWN]]
            if any(problem.reason.code not in SENTENCES for problem in problems):
                raise ValueError("an unknown problem")
            raise ManifestError(problems, max(0, count - len(problems)))
        case {"trouble": "memory"}:
            raise _Hungry
        case {"trouble": "shortage", "detail": str(code)} if code in SENTENCES:
            raise Shortage(code)
        case {"trouble": "disk", "detail": str(detail)}:
            raise ReaderError("reader_unavailable", detail=detail[:200])
        case {"trouble": "fault", "detail": str(detail), "where": str(where)}:
            raise ValueError(f"{detail} {where}")
    raise ValueError("no answer")


def _refused(reason: Reason, name: str) -> ManifestError:
    return ManifestError([Problem(reason, name)])
