"""From a file or text to a `LoadedManifest`, or to all that is wrong with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from syncd.errors import ManifestError, Problem
from syncd.manifest.checks import check
from syncd.manifest.compiling import LoadedManifest, compiled
from syncd.manifest.explain import explain, nothing_written, outside
from syncd.manifest.models import Manifest
from syncd.manifest.reading import MAX_BYTES, decode, read
from syncd.manifest.tree import Node, Table, plain
from syncd.model import Fact, because


def load(path: Path) -> LoadedManifest:
    """Reads the file. `ManifestError` with every problem, sorted by place."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        problem = Problem(because("manifest_missing", path=str(path)), str(path))
        raise ManifestError([_with_neighbour(problem, path)]) from None
    except OSError as error:
        reason = because("manifest_unreadable", path=str(path), detail=error.strerror or "")
        raise ManifestError([Problem(reason, str(path))]) from None
    return _loaded(data, str(path))


def loads(text: str, file: str) -> LoadedManifest:
    """Reads a text; `file` is the name that problems carry."""
    return _loaded(text.encode("utf-8", "surrogatepass"), file)


def _loaded(data: bytes, file: str) -> LoadedManifest:
    decoded = decode(data, file)
    if isinstance(decoded, Problem):
        raise ManifestError([decoded])
    root, problems = read(decoded, file)
    if root is None:
        raise ManifestError(problems)
    if not isinstance(root, Table):
        facts = because("not_a_mapping")
        problems.append(Problem(facts, file, root.place.line, root.place.column))
        raise ManifestError(sorted(problems, key=_order))
    manifest = _validated(root, file, problems)
    problems += check(root, file)
    if manifest is None or problems:
        raise ManifestError(sorted(_once(problems), key=_order))
    return compiled(manifest, root, hashlib.sha256(data).hexdigest())


def _validated(root: Node, file: str, problems: list[Problem]) -> Manifest | None:
    empty = list(nothing_written(root, file))
    try:
        manifest = Manifest.model_validate(plain(root))
    except ValidationError as error:
        said = explain(error, root, file)
        problems += said + outside(empty, said)
        return None
    problems += empty
    return manifest


def _once(problems: list[Problem]) -> list[Problem]:
    """The same at the same place is said once: an alias has its problems in every use."""
    seen: dict[tuple[int, int, str, tuple[tuple[str, Fact], ...]], Problem] = {}
    for problem in problems:
        reason = problem.reason
        facts = tuple(sorted(reason.facts.items(), key=lambda fact: fact[0]))
        key = (problem.line, problem.column, reason.code, facts)
        seen.setdefault(key, problem)
    return list(seen.values())


def _order(problem: Problem) -> tuple[int, int, str, str]:
    return problem.line, problem.column, problem.path, problem.reason.code


def _with_neighbour(problem: Problem, path: Path) -> Problem:
    """Names a YAML file beside the one that is missing."""
    try:
        others = sorted(p for p in path.parent.iterdir() if p.suffix in {".yaml", ".yml"})
    except OSError:
        return problem
    if not others:
        return problem
    return Problem(problem.reason, problem.file, suggestion=str(others[0]))
