"""Every code has its sentence, every sentence its use, and every field its fact."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from jinja2 import Environment, nodes

from syncd import text
from syncd.adapters.net.connect_errors import Fault
from syncd.core.errors import Problem
from syncd.core.i18n_markers import Counted
from syncd.core.reasons import Reason, because
from syncd.text import figures
from syncd.text.screens import SCREENS
from syncd.text.sentences import (
    ASK_AGAIN,
    NEXT_CYCLE,
    PASSING,
    SENTENCES,
    SUBJECTS,
    TO_RELEASE,
)
from syncd.text.system_says import SYSTEM_SAYS

PACKAGE = Path(text.__file__).parents[1]
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
SPECS = {
    "",
    "n",
    "size",
    "duration",
    "date",
    "day",
    "request",
    "shell",
    "stored",
    "hash",
    "what",
    "kind",
    "format",
    "places",
}
SPECS |= {"datasets", "targets", "word", "field", "frequency", "faults"}
SPECS |= {"problems", "improvements", "names"}
APART = {"text", "migrations"}
# Texts that are asked for by a word of the program's.
ASKED_BY_A_WORD = (
    r"(word|what|kind|format|field|place|progress|message|trigger|kept|count"
    r"|criterion|effort|fault|frequency|visible|event|stored|compared|item|step|doing|month|report)\."
)


@functools.cache
def modules() -> tuple[tuple[Path, ast.Module], ...]:
    return tuple(
        (file, ast.parse(file.read_text(encoding="utf-8")))
        for file in sorted(PACKAGE.rglob("*.py"))
        if not APART & set(file.relative_to(PACKAGE).parts)
    )


@functools.cache
def walked(tree: ast.AST) -> tuple[ast.AST, ...]:
    """All nodes of the tree."""
    return tuple(ast.walk(tree))


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_an_error(name: str) -> bool:
    import syncd.core.errors

    kind = getattr(syncd.core.errors, name, None)
    return isinstance(kind, type) and issubclass(kind, syncd.core.errors.SyncdError)


def reasons_given() -> Iterator[tuple[str, str, ast.Call]]:
    """(place, code, call) for every reason or error made with a literal code."""
    for file, tree in modules():
        for node in walked(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            first, name = node.args[0], called(node)
            makes = name in {"because", "Reason"} or is_an_error(name)
            if makes and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield f"{file.name}:{node.lineno}", first.value, node


def texts_asked() -> Iterator[tuple[str, str, set[str]]]:
    """(place, key, facts) for every text of a screen with a literal key and literal facts."""
    for file, tree in modules():
        for node in walked(tree):
            if not isinstance(node, ast.Call) or called(node) not in {"text", "_said"}:
                continue
            key = node.args[0] if node.args else None
            given = {keyword.arg for keyword in node.keywords}
            if isinstance(key, ast.Constant) and key.value in SCREENS and None not in given:
                facts = {name for name in given if name is not None}
                yield f"{file.name}:{node.lineno}", str(key.value), facts


def words_in(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in walked(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


FAULTS = {
    f"{edge}_{fault}"
    for edge in ("portal", "s3")
    for literal in get_args(Fault)
    for fault in get_args(literal)
}


@functools.cache
def all_words() -> frozenset[str]:
    return frozenset().union(*(words_in(tree) for _, tree in modules()), words_in_templates())


def words_in_templates() -> set[str]:
    """Of the operators' page."""
    files = sorted((PACKAGE / "web" / "templates").glob("*.html"))
    trees = (Environment(autoescape=True).parse(file.read_text(encoding="utf-8")) for file in files)
    found = {const.value for tree in trees for const in tree.find_all(nodes.Const)}
    return {one for one in found if isinstance(one, str)}


def forms(template: str) -> tuple[str, ...]:
    """The template itself, and the one for many."""
    return (str(template), template.many) if isinstance(template, Counted) else (template,)


def parsed(template: str) -> set[tuple[str, str]]:
    """The fields and how they are shown, in any of the forms."""
    return {
        (name, spec or "")
        for form in forms(template)
        for _, name, spec, _ in Formatter().parse(form)
        if name
    }


def fields(template: str) -> set[str]:
    return {name for name, _ in parsed(template)}


def facts_of(template: str) -> set[str]:
    """The fields but for whose it is, in a command: that is added by what carries the reason."""
    added = {("target", "shell"), ("dataset", "shell")}
    return {name for name, spec in parsed(template) if (name, spec) not in added}


def test_the_search_finds_the_reasons() -> None:
    assert len(list(reasons_given())) > 60


def test_every_code_has_a_sentence() -> None:
    assert [(place, code) for place, code, _ in reasons_given() if code not in SENTENCES] == []


def test_no_code_has_a_sentence_in_two_rooms() -> None:
    assert sum(len(subject) for subject in SUBJECTS) == len(SENTENCES)


def test_every_sentence_is_used() -> None:
    assert sorted(set(SENTENCES) - all_words() - FAULTS) == []


def test_whatever_keeps_an_edge_from_its_server_has_a_sentence() -> None:
    assert FAULTS - set(SENTENCES) == set()


def test_every_field_of_a_screens_text_is_given() -> None:
    asked = list(texts_asked())
    assert len(asked) > 100
    lacking = [(place, key) for place, key, given in asked if fields(SCREENS[key]) - given]
    assert lacking == []


def test_every_field_of_a_sentence_is_given() -> None:
    lacking = []
    for place, code, call in reasons_given():
        given = {keyword.arg for keyword in call.keywords}
        if None in given or (not given and facts_of(SENTENCES[code])):
            continue  # facts handed on as a whole, or added by the caller
        lacking += [(place, code, name) for name in facts_of(SENTENCES[code]) - given]

    assert lacking == []


def constants(node: ast.AST | None) -> list[str]:
    """A literal text, or both branches of a conditional one."""
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    found = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if found else []  # type: ignore[attr-defined]  # narrowed by `found`


def takers(tree: ast.Module) -> dict[str, int]:
    """Functions with a parameter `code`, and its place among the arguments of a call."""
    found = {}
    for node in walked(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            if "code" in names:
                found[node.name] = names.index("code") - (names[0] == "self")
    return found


def codes_handed_on() -> Iterator[tuple[str, str]]:
    """(place, code) wherever a code takes a way of its own to its reason: through a function, a
    variable, a pair of error and code, a class of errors outside the tree, a conditional."""
    everywhere = {"because": 0, "Reason": 0, "wrong": 0, "PatternError": 0}
    for file, tree in modules():
        taking = {**everywhere, **takers(tree)}
        for node in walked(tree):
            codes: list[str] = []
            if isinstance(node, ast.Call):
                name = called(node)
                at = 0 if is_an_error(name) else taking.get(name)
                if at is not None and len(node.args) > at:
                    codes = constants(node.args[at])
            elif isinstance(node, ast.Assign):
                names = {t.id for t in node.targets if isinstance(t, ast.Name)}
                codes = constants(node.value) if "code" in names else []
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
                first, second = node.elts
                if isinstance(first, ast.Name) and is_an_error(first.id):
                    codes = constants(second)
            for code in codes:
                yield f"{file.name}:{node.lineno}", code  # type: ignore[attr-defined]  # all have one


def test_codes_are_found_on_every_way_that_they_take() -> None:
    found = {code for _, code in codes_handed_on()}
    ways = {
        "resource_withdrawn": "a variable, by a conditional",
        "s3_timeout": "a pair of error and code",
        "portal_gone": "a pair in a table",
        "bad_limit": "`values.wrong`",
        "setting_proxy": "a function of the module's own",
        "yaml_tab": "a function within a function",
        "source_name": "a method, as the third argument",
        "pattern_brace": "an error outside the tree",
    }
    assert set(ways) - found == set()


def test_every_code_that_is_handed_on_has_a_sentence() -> None:
    assert [(place, code) for place, code in codes_handed_on() if code not in SENTENCES] == []


def test_every_text_that_looks_like_a_code_is_one() -> None:
    """Tables of codes, whose values are only used where nobody sees which."""
    facts = {"s3_code"}
    looks = re.compile(r"(s3|portal|guard|yaml|pattern|newest|each)_[a-z0-9_]+")
    odd = {w for w in all_words() if looks.fullmatch(w)} - set(SENTENCES) - facts
    assert odd == set()


def test_every_field_of_what_the_manifest_and_settings_refuse_is_given() -> None:
    """`explain` adds what was read; the settings add the name of the one concerned."""
    added = {f"manifest/{name}.py": {"read"} for name in ("keys", "times", "values")}
    added["manifest/models.py"] = set()
    lacking = []
    for file, tree in modules():
        for node in walked(tree):
            if not isinstance(node, ast.Call) or called(node) not in {"wrong", "_wrong"}:
                continue
            given = {keyword.arg for keyword in node.keywords}
            if None in given or not node.args:
                continue
            given |= added.get(f"{file.parent.name}/{file.name}", {"name"})
            for code in constants(node.args[0]):
                if code not in {"wrong_type", "empty_value"}:  # put together by `explain`
                    lacking += [(code, name) for name in fields(SENTENCES[code]) - given]
    assert lacking == []


def test_a_reason_without_facts_needs_none() -> None:
    lacking = [
        (place, code)
        for place, code, call in reasons_given()
        if not call.keywords and called(call) != "Reason" and facts_of(SENTENCES[code])
    ]
    assert lacking == []


def test_every_field_is_shown_in_a_known_way() -> None:
    every = (*SENTENCES.values(), *SCREENS.values())
    assert [t for t in every if not {spec for _, spec in parsed(t)} <= SPECS] == []


def test_what_a_sentence_counts_is_shown_as_a_count() -> None:
    counting = [t for t in (*SENTENCES.values(), *SCREENS.values()) if isinstance(t, Counted)]
    assert counting
    assert [t for t in counting if parsed(t) and (t.by, "n") not in parsed(t)] == []


def test_no_sentence_leaves_the_plural_to_the_reader() -> None:
    every = (*SENTENCES.values(), *SCREENS.values(), *TO_RELEASE.values())
    assert [template for template in every if "(s)" in template] == []


def texts_asked_for() -> Iterator[tuple[str, str]]:
    for file, tree in modules():
        for node in walked(tree):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text"
            if named and isinstance(node, ast.Call) and node.args:
                for word in words_in(node.args[0]):
                    if CODE.fullmatch(word.replace(".", "_")):
                        yield f"{file.name}:{node.lineno}", word


def test_every_text_that_is_asked_for_exists() -> None:
    asked = set(texts_asked_for())
    assert asked
    assert [(place, key) for place, key in asked if key not in SCREENS] == []


def test_every_text_is_used() -> None:
    in_the_wording_room = {"did_you_mean", "write_instead", "write_add", "write_form"}
    used = all_words() | in_the_wording_room
    assert [key for key in SCREENS if key not in used and not re.match(ASKED_BY_A_WORD, key)] == []


def test_every_outcome_action_and_request_has_a_word() -> None:
    from syncd.core.records import Outcome
    from syncd.core.results import PLANNED, UNREAD

    assert [
        word for word in (*Outcome, *PLANNED.values(), UNREAD) if f"word.{word}" not in SCREENS
    ] == []
    portal = [
        ast.parse(file.read_bytes()) for file in (PACKAGE / "adapters" / "portal").glob("*.py")
    ]
    places = {"_ask": 2, "refusal": 1}  # where the request's name stands among the arguments
    asked = {
        word
        for tree in portal
        for node in walked(tree)
        if isinstance(node, ast.Call) and called(node) in places
        for name in node.args[places[called(node)] :][:1]
        for word in words_in(name)
    }
    assert {"dataset", "upload", "title"} <= asked
    assert [word for word in asked if f"what.{word}" not in SCREENS] == []


def test_everything_that_a_comparison_may_say_has_words() -> None:
    from syncd.guards.comparison import LIMITS

    wanted = [f"compared.limit_{limit}" for limit in LIMITS if limit]
    wanted += [f"compared.{what}" for what in ("rows", "columns", "sheets", "uneven")]
    kinds = ("columns", "members")
    wanted += [f"compared.{kind}_{part}" for kind in kinds for part in ("gone", "new", "other")]
    assert {key for key in SCREENS if key.startswith("compared.")} == set(wanted)


def test_every_act_place_and_person_of_the_history_has_words() -> None:
    from syncd.core.records import Act, Kept

    wanted = [f"word.{act}" for act in Act] + [f"kept.{kept}" for kept in Kept if kept]
    wanted += [f"trigger.{trigger}" for trigger in ("event", "release", "undo", "unpin", "push")]
    assert [key for key in wanted if key not in SCREENS] == []


# Where words stand that no operator reads: descriptions for editors and metrics, what is raised at
# programmers, patterns that others' words are searched with.
NOT_SAID = {
    "Field",
    "Guard",
    "FileGuard",
    "compile",
    "regex",
    "search",
    "match",
    "startswith",
    "cast",
} | {f"{kind}Error" for kind in ("Assertion", "Value", "Type", "Lookup", "Key", "Runtime")}
WORDS = re.compile(
    r"[a-z]{2,} +[a-z]{2,}"  # two words
    r"|^ .*\b(of|in|on|at|is|the|got)\b|\b(of|in|on|at|is|the|got) $"  # the rest of an f-string
)


def words_said(tree: ast.Module) -> Iterator[ast.Constant]:
    """Literals of two words or more, but for those in places that no operator reads."""
    apart: set[int] = set()
    for node in walked(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            apart.add(id(node.value))  # documentation
        elif (isinstance(node, ast.Call) and called(node) in NOT_SAID) or isinstance(
            node, ast.Compare | ast.Assert
        ):
            apart |= {id(inner) for inner in ast.walk(node)}
    for node in walked(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in apart and WORDS.search(node.value):
            yield node


def test_words_are_found_wherever_somebody_could_read_them() -> None:
    planted = """
def f(n):
    "Says what it does."
    click.echo("two words")
    raise UsageError("code", detail=f"{n} of them")
    option(help="Some help" if n else "")
    assert n, "nobody reads this"
    x = Field(description="for an editor")
    Text(f"{n} files were sent")
"""
    found = {node.value for node in words_said(ast.parse(planted))}
    assert found == {"two words", " of them", "Some help", " files were sent"}


def test_no_words_of_an_operator_stand_outside_the_wording_room() -> None:
    """What the system or a library says may be quoted, when it can be translated."""
    styles = re.compile(r"(not )?bold [a-z]+")
    inner = {
        "requests of the dead",  # the name of a duty of the service, in its log
        "syncd manifest",  # the title of the schema, for editors
        " (S3 to data.gouv.fr publisher)",  # how requests present themselves
    }
    found = []
    for file, tree in modules():
        if {"simulator", "telemetry"} & set(file.parts):
            continue  # what a portal says; what metrics mean
        found += [
            f"{file.relative_to(PACKAGE)}:{node.lineno} {node.value!r}"
            for node in words_said(tree)
            if node.value not in SYSTEM_SAYS | inner
            and not styles.fullmatch(node.value)
            and "|" not in node.value  # signs to look for in what others say
        ]

    assert found == []


# -- saying it -------------------------------------------------------------------------------


def test_a_sentence_carries_its_figures() -> None:
    said = text.sentence(because("guard_shrink", size=80, online=203, lost=61, limit=50))

    assert said.startswith("The file has 80 B, 61 % less than the 203 B online; limit 50 %.")


def test_a_reason_of_another_version_is_shown_as_it_is() -> None:
    assert text.sentence(Reason("from_tomorrow", {"size": 3})) == "from_tomorrow (size: 3)"
    assert text.sentence(Reason("guard_extension")) == "guard_extension"


def test_braces_in_facts_are_not_taken_for_fields() -> None:
    assert "f_{annee:yyyy}.csv" in text.sentence(
        because("newest_missing", pattern="f_{annee:yyyy}.csv")
    )


def test_a_problem_says_its_place_and_what_was_probably_meant() -> None:
    found = Problem(
        because("unknown_key", key="objet", known="object"),
        "m.yaml",
        4,
        9,
        "datasets[0].objet",
        "object",
    )

    assert text.problem(found) == (
        "m.yaml:4:9: datasets[0].objet: `objet` is not known here. Known: object. "
        "Did you mean object?"
    )


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (9994, "9.99 kB"),
        (9999, "10.0 kB"),
        (123_456, "123 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (12_300_000, "12.3 MB"),
        (20_000_000_000, "20.0 GB"),
        (5 * 10**15, "5,000 TB"),
        (-1, "?"),
    ],
)
def test_sizes_are_said_with_three_figures(count: int, shown: str) -> None:
    assert figures.size(count) == shown


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_language_is_the_locales(environ: dict[str, str], language: str) -> None:
    assert text._from_locale(environ) == language


@pytest.mark.parametrize("code", sorted(PASSING))
def test_whoever_types_a_command_is_not_told_of_a_next_cycle(code: str) -> None:
    reason = Reason(code, {**dict.fromkeys(fields(SENTENCES[code]), 1), "what": "dataset"})
    assert text.sentence(reason).endswith(f" {NEXT_CYCLE}")
    assert text.for_asker(reason).endswith(f" {ASK_AGAIN}")
    assert "cycle" not in text.for_asker(reason)


@pytest.mark.parametrize("code", sorted(TO_RELEASE))
def test_what_to_do_about_a_hold_is_not_said_where_nothing_is_held(code: str) -> None:
    named = fields(SENTENCES[code])
    instant = "2026-01-01T00:00:00+00:00"
    facts = {name: instant if "date" in name else 1 for name in named}
    reason = Reason(code, facts).about(target="festivals/2024 été.csv", dataset="festivals")
    advice = TO_RELEASE[code].replace("{target:shell}", "'festivals/2024 été.csv'")
    assert text.sentence(reason) == f"{text.finding(reason)} {advice}"
    assert advice not in text.finding(reason)
    assert "syncd release" not in text.finding(reason)
