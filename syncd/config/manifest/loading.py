"""From a file or text to a `LoadedManifest`, or to all that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from syncd.config.garbage import no_collection
from syncd.config.manifest.compiling import compiled
from syncd.config.manifest.diagnostics.inspection import inspected, undecoded
from syncd.config.manifest.limits import MAX_BYTES
from syncd.config.manifest.loaded_manifest import LoadedManifest
from syncd.config.manifest.reading import decode
from syncd.config.regular_files import read_regular
from syncd.core.errors import ManifestError, Problem
from syncd.core.reasons import because


def load(path: Path) -> LoadedManifest:
    """Reads the file. `ManifestError` with every problem, sorted by place."""
    return loaded(file_bytes(path), str(path))


def loads(text: str, file: str) -> LoadedManifest:
    """Reads a text; `file` is the name that problems carry."""
    return loaded(text.encode("utf-8", "surrogatepass"), file)


def file_bytes(path: Path) -> bytes:
    """The file's bytes, of one that is too large a byte too many. `ManifestError` without one."""
    try:
        return read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        problem = Problem(because("manifest_missing", path=str(path)), str(path))
        raise ManifestError([_with_neighbour(problem, path)]) from None
    except OSError as error:
        reason = because("manifest_unreadable", path=str(path), detail=error.strerror or "")
        raise ManifestError([Problem(reason, str(path))]) from None


def loaded(data: bytes, file: str) -> LoadedManifest:
    """Reads a file's bytes; `file` is the name that problems carry."""
    with no_collection():  # till the tree is gone again
        return _loaded(data, file)


def _loaded(data: bytes, file: str) -> LoadedManifest:
    text = decode(data, file)
    if isinstance(text, Problem):
        raise ManifestError([undecoded(text, data)])
    found = inspected(text, file)
    if found.root is None or found.manifest is None or found.problems:
        raise ManifestError(found.problems, found.more)
    return compiled(found.manifest, found.root, data)


def _with_neighbour(problem: Problem, path: Path) -> Problem:
    """Names a YAML file beside the one that is missing."""
    try:
        others = sorted(p for p in path.parent.iterdir() if p.suffix in {".yaml", ".yml"})
    except OSError:
        return problem
    if not others:
        return problem
    return Problem(problem.reason, problem.file, suggestion=str(others[0]))
