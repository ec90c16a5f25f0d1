"""Pydantic's errors as our problems: own codes, places in the file, suggestions, no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from pydantic import BaseModel, ValidationError

from syncd.config.manifest import models, times, values
from syncd.config.manifest.diagnostics.secrecy import (
    is_credential,
    is_secret_place,
    secret_parts,
    shown,
)
from syncd.config.manifest.limits import MAX_EXPLAINED
from syncd.config.manifest.lines import LONG
from syncd.config.manifest.reading import Problems
from syncd.config.manifest.tree import (
    Listing,
    Node,
    Scalar,
    Step,
    Table,
    find,
    plain,
    text_at,
    walk,
    written,
)
from syncd.core.errors import Problem
from syncd.core.reasons import Fact, Reason
from syncd.core.targets import Place

_EXPECTED = {
    "model_type": "mapping",
    "model_attributes_type": "mapping",
    "dict_type": "mapping",
    "list_type": "list",
    "string_type": "text",
    "bool_type": "flag",
}
_TARGETS: Mapping[str, type[BaseModel]] = {
    "object": models.ObjectTarget,
    "newest": models.NewestTarget,
    "each": models.EachTarget,
}
# Words that people write for ours, beyond what is near in spelling.
_SYNONYMS = {
    "key": "object",
    "file": "object",
    "fichier": "object",
    "objet": "object",
    "email": "contact",
    "mail": "contact",
    "url": "endpoint",
    "ressource": "resource",
    "ressources": "resources",
    "jeu": "dataset",
    "titre": "title",
    "nom": "name",
    "tz": "timezone",
}


def explain(error: ValidationError, root: Node, file: str) -> Problems:
    """One problem for each error of pydantic's, but those that `nothing_written` reports.

    Where there are very many, those that come first in the file.
    """
    errors, found = list(_errors(error)), Problems()
    if len(errors) > MAX_EXPLAINED:
        errors.sort(key=lambda each: _line_of(root, each[1]))
        found.more = len(errors) - MAX_EXPLAINED
    known = cache(partial(_known_keys, root))  # of a mapping: asked for each of its unknown keys
    problems = [_problem(each, root, file, known) for each in errors[:MAX_EXPLAINED]]
    found += _without_echoes([p for p in problems if p is not None])
    return found


def _line_of(root: Node, steps: tuple[Step, ...]) -> tuple[int, int]:
    place = _key_place(root, steps)
    return place.line, place.column


def nothing_written(root: Node, file: str) -> Problems:
    """A key or list item without a value, at any depth."""
    found = Problems()
    if not _lacks_a_value(root):  # as nearly always: the steps to each value are not made
        return found
    for steps, node in walk(root):
        if not steps or not isinstance(node, Scalar) or node.value is not None:
            continue
        if not found.only_counted():
            place = _key_place(root, steps)
            key = steps[-1] if isinstance(steps[-1], str) else "-"
            found.append(_at(place, file, steps, "empty_value", {"key": shown(key)}))
    return found


def _lacks_a_value(root: Node) -> bool:
    left = [root]
    while left:
        node = left.pop()
        if isinstance(node, Table):
            left += [entry.node for entry in node.entries]
        elif isinstance(node, Listing):
            left += node.items
        elif node.value is None:
            return True
    return False


def outside(empty: Problems, said: Problems) -> Problems:
    """Those without a value that do not lie in a part which is wrong as a whole."""
    whole = {"wrong_type", "unknown_key", "key_misplaced", "rule_several", "secret_in_manifest"}
    wrong = {problem.path for problem in said if problem.reason.code in whole}
    lengths = {len(path) for path in wrong}

    def is_within(path: str) -> bool:
        """Whether it is one of the wrong ones, or below one."""
        at = (length for length in lengths if path[length : length + 1] in ("", ".", "["))
        return any(path[:length] in wrong for length in at)

    left = Problems(p for p in empty if not is_within(p.path))
    left.more = empty.more
    return left


def _errors(error: ValidationError) -> Iterator[tuple[str, tuple[Step, ...], dict[str, Any], str]]:
    for item in error.errors(include_url=False, include_input=False):
        yield item["type"], _without_tag(item["loc"]), dict(item.get("ctx", {})), item["msg"]


def _without_tag(loc: tuple[Step, ...]) -> tuple[Step, ...]:
    """Drops the union's tag that pydantic puts after `datasets, i, resources, j`."""
    inside = len(loc) > 4 and loc[0] == "datasets" and loc[2] == "resources"
    return (*loc[:4], *loc[5:]) if inside else loc


def _problem(
    error: tuple[str, tuple[Step, ...], dict[str, Any], str],
    root: Node,
    file: str,
    known: Callable[[tuple[Step, ...]], tuple[str, ...]],
) -> Problem | None:
    kind, steps, context, message = error
    node = find(root, steps)
    if kind == "missing":
        return _missing(root, steps, file)
    if isinstance(node, Scalar) and node.value is None:
        return None  # said by `nothing_written`
    if kind == "extra_forbidden":
        return _unknown(root, steps, file, known(steps[:-1]))
    if is_secret_place(steps):
        return _at(_key_place(root, steps), file, steps, "secret_in_manifest", _key(steps))
    place = node.place if node else Place(1, 1)
    if kind in _EXPECTED or kind == "wrong_type":
        expected = _EXPECTED.get(kind) or str(context["expected"])
        facts: dict[str, Fact] = {"expected": expected, "found": _kind(node), "read": _read(node)}
        suggestion = context.get("suggestion", "") or _shape_guess(expected, node, steps)
        return _at(place, file, steps, "wrong_type", facts, suggestion)
    if kind == "literal_error":
        return _bad_choice(context, node, place, steps, file)
    if kind == "too_short":
        key_place = _key_place(root, steps)
        return _at(key_place, file, steps, "empty_list", _key(steps))
    if message == "refused":  # raised by `values.wrong`
        suggestion = str(context.pop("suggestion", ""))
        if len(suggestion) > LONG or secret_parts(suggestion):  # made of what was read
            suggestion = ""
        facts = dict(context)
        if kind == "empty_value":
            return _at(_key_place(root, steps), file, steps, kind, _key(steps))
        if kind not in {"expect_choice", "schedule_choice"}:
            facts.setdefault("read", _read(node))
        return _at(place, file, steps, kind, facts, suggestion)
    facts = {"read": _read(node), "detail": message}
    return _at(place, file, steps, "invalid_value", facts)


# -- keys ----------------------------------------------------------------------------------------


def _missing(root: Node, steps: tuple[Step, ...], file: str) -> Problem:
    parent = find(root, steps[:-1])
    place = parent.place if parent else Place(1, 1)
    key = str(steps[-1])
    if key == "object":  # the first of the three stands for all of them
        return _at(place, file, steps[:-1], "rule_missing", {"choices": ", ".join(models.RULES)})
    examples = {"version": "version: 1", "portal": "portal: https://www.data.gouv.fr"}
    return _at(place, file, steps, "missing_key", {"key": key}, examples.get(key, ""))


def _unknown(root: Node, steps: tuple[Step, ...], file: str, known: tuple[str, ...]) -> Problem:
    key, place = str(steps[-1]), _key_place(root, steps)
    if is_credential(key):
        return _at(place, file, steps, "secret_in_manifest", {"key": shown(key)})
    if key in models.RULES and _is_target(steps[:-1]):
        parent = find(root, steps[:-1])
        kept = models.rule_of(plain(parent)) if parent else ""
        return _at(place, file, steps, "rule_several", {"key": key, "kept": kept})
    guess = _guess(key, known)
    homes = ", ".join(
        [*_homes(key), *(["known"] if key == "resource" and "known" in known else [])]
    )
    if homes and not guess:
        return _at(place, file, steps, "key_misplaced", {"key": key, "belongs": homes})
    facts: dict[str, Fact] = {"key": shown(key), "known": ", ".join(known)}
    return _at(place, file, steps, "unknown_key", facts, guess)


def _guess(key: str, known: tuple[str, ...]) -> str:
    bare = key.strip().lower().replace("-", "_").replace(" ", "_")
    if _homes(key):  # a key of ours in the wrong place is not a misspelling of another
        return ""
    synonym = _SYNONYMS.get(bare, "")
    return synonym if synonym in known else values.near(bare, known)


def _known_keys(root: Node, steps: tuple[Step, ...]) -> tuple[str, ...]:
    model = _model_at(root, steps)
    return _keys_of(model) if model else ()


def _model_at(root: Node, steps: tuple[Step, ...]) -> type[BaseModel] | None:
    if not steps:
        return models.Manifest
    if steps[-1] == "guards":
        return models.Guards
    if steps[-1] == "schedule":
        return models.Schedule
    if steps[-1] == "expect":
        return models.Expect
    if steps[0] == "sources":
        return models.Events if steps[2:] == ("events",) else models.Source
    if steps[0] == "thematic":
        return models.Thematic if len(steps) == 2 else None
    if steps == ("defaults",):
        return models.Defaults
    if _is_target(steps):
        node = find(root, steps)
        return _TARGETS[models.rule_of(plain(node) if node else None)]
    return models.Dataset if steps[0] == "datasets" and len(steps) == 2 else None


def _is_target(steps: tuple[Step, ...]) -> bool:
    return len(steps) == 4 and steps[0] == "datasets" and steps[2] == "resources"


def _keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


_HOMES: Mapping[str, type[BaseModel]] = {
    "top": models.Manifest,
    "source": models.Source,
    "events": models.Events,
    "defaults": models.Defaults,
    "dataset": models.Dataset,
    **_TARGETS,
    "schedule": models.Schedule,
    "guards": models.Guards,
    "expect": models.Expect,
    "thematic": models.Thematic,
}


_KEYS_AT = {name: _keys_of(model) for name, model in _HOMES.items()}
KEYS = frozenset(key for keys in _KEYS_AT.values() for key in keys)


def _homes(key: str) -> list[str]:
    """The parts of the manifest in which this key is known."""
    return [name for name, keys in _KEYS_AT.items() if key in keys] if key in KEYS else []


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """A missing key whose misspelling is reported in the same mapping is said once.

    Likewise the missing `object`, `newest` or `each` of an entry that holds a misspelt one.
    """
    meant = {(_parent(p.path), p.suggestion) for p in problems if p.reason.code == "unknown_key"}

    def is_echo(problem: Problem) -> bool:
        if problem.reason.code == "missing_key":
            return (_parent(problem.path), problem.reason.facts["key"]) in meant
        return problem.reason.code == "rule_missing" and any(
            (problem.path, rule) in meant for rule in models.RULES
        )

    return [problem for problem in problems if not is_echo(problem)]


def _parent(path: str) -> str:
    return path.rsplit(".", 1)[0] if "." in path else ""


# -- values --------------------------------------------------------------------------------------


def _bad_choice(
    context: dict[str, Any], node: Node | None, place: Place, steps: tuple[Step, ...], file: str
) -> Problem:
    choices = [
        part.strip(" '") for part in str(context["expected"]).replace(" or ", ",").split(",")
    ]
    read = _read(node)
    if isinstance(node, Scalar) and node.value is False and "off" in choices:
        guess = "off"
    else:
        guess = values.near(read, choices)
    facts: dict[str, Fact] = {"read": read, "choices": ", ".join(choices)}
    return _at(place, file, steps, "bad_choice", facts, guess)


def _shape_guess(expected: str, node: Node | None, steps: tuple[Step, ...]) -> str:
    """What to write where a value has the wrong shape, for the usual slips."""
    if steps[-1:] == ("guards",) and isinstance(node, Scalar):
        return "off" if node.value is False else values.near(node.text, ("off",))
    if steps[-1:] == ("schedule",) and isinstance(node, Scalar):
        if times.DURATION.fullmatch(node.text):
            return f"{{every: {node.text}}}"
        return f'{{cron: "{node.text}"}}' if len(node.text.split()) == 5 else ""
    if steps[-1:] == ("expect",) and isinstance(node, Scalar):
        return f"{{every: {node.text}}}" if times.DURATION.fullmatch(node.text) else ""
    if expected == "list" and isinstance(node, Scalar) and node.value is not None:
        return f'["{shown(node.text)}"]'
    if expected == "text" and isinstance(node, Table):
        # `{annee}` without quotes is a mapping to YAML.
        keys = [entry.key for entry in node.entries]
        return (
            f'"{{{shown(keys[0])}}}"' if len(keys) == 1 and text_at(node, keys[0]) is None else ""
        )
    return ""


def _kind(node: Node | None) -> str:
    match node:
        case Table():
            return "mapping"
        case Listing():
            return "list"
        case Scalar(value=bool()):
            return "flag"
        case _:
            return "text"


def _read(node: Node | None) -> str:
    return shown(node.text) if isinstance(node, Scalar) else ""


def _key(steps: tuple[Step, ...]) -> dict[str, Fact]:
    named = [step for step in steps if isinstance(step, str)]
    return {"key": shown(named[-1]) if named else ""}


def _key_place(root: Node, steps: tuple[Step, ...]) -> Place:
    parent = find(root, steps[:-1])
    if isinstance(parent, Table):
        entry = parent.entry(str(steps[-1]))
        if entry:
            return entry.place
    node = find(root, steps)
    return node.place if node else Place(1, 1)


def _at(
    place: Place,
    file: str,
    steps: tuple[Step, ...],
    code: str,
    facts: Mapping[str, Fact],
    suggestion: str = "",
) -> Problem:
    reason = Reason(code, facts)
    return Problem(reason, file, place.line, place.column, written(steps), suggestion)
