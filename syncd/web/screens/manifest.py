"""The manifest as it lies on the disk, with its problems at their lines and without any secret."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from syncd.config.manifest import file_bytes
from syncd.config.manifest.diagnostics.secrecy import secret_lines, secret_parts
from syncd.config.manifest.limits import MAX_BYTES
from syncd.config.manifest.lines import LONG, lines_of
from syncd.core.errors import ManifestError, Problem, SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.regular_expressions import regex
from syncd.service.manifest_reader import ManifestReader
from syncd.text import problem
from syncd.web.paging import Page, page_of
from syncd.web.reading import Look
from syncd.web.rendering import address

EACH = 500  # lines on a page
HIDDEN = "•••"
_KEY = regex(r"(?P<before>\s*(?:-\s+)?)(?P<key>\w[\w.-]*):(?P<rest>(?:\s.*)?)")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    before: str
    key: str
    rest: str
    comment: bool
    problems: Sequence[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A problem; `link`: to its line, or ""."""

    said: str
    link: str


@dataclass(frozen=True, slots=True)
class Read:
    """What lies there. `hidden`: lines, from 0, that belong to a secret."""

    digest: str = ""
    lines: Sequence[str] = ()
    hidden: frozenset[int] = frozenset()
    problems: Sequence[Problem] = ()


@dataclass(slots=True)
class ManifestOnDisk:
    """Remembers what it read last: to find what is wrong with a large manifest takes long."""

    reader: ManifestReader = field(default_factory=ManifestReader)
    _last: Read = Read()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: Path) -> Read:
        try:
            data = file_bytes(path)
        except ManifestError as error:
            return Read(problems=error.shown)
        digest = sha256(data).hexdigest()
        with self._lock:
            if digest == self._last.digest:
                return self._last
            text = data.decode("utf-8", "replace") if len(data) <= MAX_BYTES else ""
            lines = lines_of(text.removesuffix("\n")) if text else []
            hidden = secret_lines(lines)
            try:
                self._last = Read(digest, lines, hidden, self._problems(path))
            except SyncdError as error:  # it cannot be looked into now
                return Read(digest, lines, hidden, (Problem(error.reason, str(path)),))
            return self._last

    def _problems(self, path: Path) -> Sequence[Problem]:
        try:
            self.reader.load(path, lambda: None)
        except ManifestError as error:
            return error.shown
        return ()


def shown(
    look: Look, ledger: ServiceLedger, on_disk: ManifestOnDisk, asked: Mapping[str, str]
) -> dict[str, object]:
    path = look.app.settings.manifest
    found = on_disk.read(path)
    page: Page[tuple[int, str]] = page_of(
        list(enumerate(found.lines, 1)), asked.get("page", ""), EACH
    )
    in_force = ledger.manifest_in_force(look.app.manifest.portal)
    digest = in_force.facts.get("manifest") if in_force is not None else None
    return {
        "path": str(path),
        "problems": [Told(problem(one), _place(one)) for one in found.problems],
        "page": page,
        "lines": [_line(number, line, found) for number, line in page.items],
        "in_force": in_force,
        "digest": str(digest or ""),
        "is_in_force": bool(digest) and digest == found.digest,
    }


def _place(one: Problem) -> str:
    if not one.line:
        return ""
    return f"{address('/manifest', page=(one.line - 1) // EACH + 1)}#line-{one.line}"


def _line(number: int, line: str, found: Read) -> Line:
    problems = [problem(one) for one in found.problems if one.line == number]
    if number - 1 in found.hidden and line.strip():
        return Line(number, HIDDEN, "", "", False, problems)
    seen = _without_secrets(line)
    if seen.lstrip().startswith("#"):
        return Line(number, seen, "", "", True, problems)
    entry = _KEY.fullmatch(seen)
    if entry is None:
        return Line(number, seen, "", "", False, problems)
    return Line(number, entry["before"], entry["key"], f":{entry['rest']}", False, problems)


def _without_secrets(line: str) -> str:
    if len(line) > LONG:  # where its secrets are would take long to tell
        return HIDDEN
    said, at = "", 0
    for start, end in secret_parts(line):
        said += line[at:start] + HIDDEN
        at = end
    return said + line[at:]
