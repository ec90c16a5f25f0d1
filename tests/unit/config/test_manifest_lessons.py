"""What a broken manifest teaches: the line, a mark under the place, and what to write instead."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.cli import commands
from syncd.config.manifest import load, loads
from syncd.config.manifest.diagnostics.excerpts import LONGEST
from syncd.core.errors import Excerpt, ManifestError, Problem
from syncd.text import lesson
from syncd.text.examples import OF_CODE, OF_KEY
from syncd.text.excerpts import columns, mark, shown
from tests.support.examples import examples
from tests.support.manifest_builders import GOOD, R, problems_of, with_lines
from tests.unit.config.test_manifest_problems import CASES

NBSP = "\u00a0"
SECRET = "wJalrXUtnFEMI/K7MDENG"

# line, column, code, what is marked, the line to write instead
Taught = tuple[int, int, str, str, str]


def marked(excerpt: Excerpt | None) -> str:
    return excerpt.text[excerpt.column - 1 :][: excerpt.width] if excerpt else ""


def taught(problems: tuple[Problem, ...]) -> list[Taught]:
    return [(p.line, p.column, p.reason.code, marked(p.excerpt), p.instead) for p in problems]


LESSONS: dict[str, tuple[str, list[Taught]]] = {
    # -- from a word processor or a web page
    "no-break space before the colon": (
        with_lines({8: f"  source{NBSP}: depot"}),
        [(8, 9, "odd_space", "\ufffd", "  source: depot")],
    ),
    "no-break space behind the colon": (
        with_lines({8: f"  source:{NBSP}depot"}),
        [(8, 10, "odd_space", "\ufffd", "  source: depot")],
    ),
    "no-break space in front of a key": (
        with_lines({13: f"       {NBSP}object: a.csv"}),
        [(13, 8, "odd_space", "\ufffd", "        object: a.csv")],
    ),
    "no-break space behind the dash": (
        with_lines({16: f"  -{NBSP}dataset: festivals"}),
        [(16, 4, "odd_space", "\ufffd", "  - dataset: festivals")],
    ),
    "space without width": (
        with_lines({2: "\u200bportal: https://demo.data.gouv.fr"}),
        [(2, 1, "odd_space", "\ufffd", "portal: https://demo.data.gouv.fr")],
    ),
    "typographic quotes": (
        with_lines({13: "        object: “musees/liste.csv”  # ici"}),
        [
            (
                13,
                17,
                "odd_quotes",
                "“musees/liste.csv”",
                '        object: "musees/liste.csv"  # ici',
            ),
        ],
    ),
    "guillemets": (
        with_lines({13: f"        object: «{NBSP}musees/liste.csv{NBSP}»"}),
        [
            (
                *(13, 17, "odd_quotes", "«\ufffdmusees/liste.csv\ufffd»"),
                '        object: "musees/liste.csv"',
            )
        ],
    ),
    "typographic quotes in braces": (
        with_lines({8: "  source: depot\n  schedule: {cron: “0 6 * * 1”}"}),
        [(9, 20, "odd_quotes", "“0 6 * * 1”", '  schedule: {cron: "0 6 * * 1"}')],
    ),
    "typographic quotes in a list": (
        with_lines({8: "  source: depot\n  ignore:\n    - “*.bak”"}),
        [(10, 7, "odd_quotes", "“*.bak”", '    - "*.bak"')],
    ),
    "typographic quotes around a key": (
        with_lines({13: "        “object”: a.csv"}),
        [(13, 9, "unknown_key", "“object”", "        object: a.csv")],
    ),
    "no-break space behind a name of one's own": (
        with_lines({4: f"  depot{NBSP}:"}),
        [(4, 8, "odd_space", "\ufffd", "  depot:")],
    ),
    "long dash for a list": (
        with_lines({16: "  – dataset: festivals"}),
        [(16, 3, "odd_dash", "–", "  - dataset: festivals")],
    ),
    "full-width colon": (
        with_lines({8: "  source：depot"}),
        [(8, 9, "odd_colon", "：", "  source: depot")],
    ),
    "slips of a word processor do not hide what else is wrong": (
        with_lines({8: f"  source：“depots”{NBSP}", 13: f"        object{NBSP}: /a.csv"}),
        [
            (8, 9, "odd_colon", "：", '  source: "depots"'),
            (8, 10, "odd_quotes", "“depots”", '  source: "depots"'),
            (8, 10, "source_unknown", "“depots”", '  source: "depot"'),
            (13, 15, "odd_space", "\ufffd", "        object: /a.csv"),
            (13, 18, "key_slash", "/a.csv", "        object: a.csv"),
        ],
    ),
    # -- by a quick hand
    "no space after the colon": (
        with_lines({8: "  source:depot"}),
        [(8, 10, "yaml_space", "depot", "  source: depot")],
    ),
    "no colon before a value": (
        with_lines({13: "        object musees/liste.csv"}),
        [(13, 15, "yaml_no_colon", " musees/liste.csv", "        object: musees/liste.csv")],
    ),
    "equals sign": (
        with_lines({8: "  source = depot"}),
        [(8, 9, "yaml_equals", " = depot", "  source: depot")],
    ),
    "address torn apart": (
        with_lines({5: "    endpoint: https: //s3.example.fr"}),
        [(5, 20, "yaml_colon", ":", "    endpoint: https://s3.example.fr")],
    ),
    "two tabs, and what lies behind them": (
        with_lines({8: "\tsource: depots", 13: "\t\tobject: a.csv"}),
        [
            (8, 1, "yaml_tab", "\t", "  source: depots"),
            (8, 10, "source_unknown", "depots", "  source: depot"),
            (13, 1, "yaml_tab", "\t", "        object: a.csv"),
        ],
    ),
    "two lines too deep": (
        with_lines({13: "          object: a.csv", 15: "          newest: b_*.csv"}),
        [
            (13, 17, "yaml_indent", ":", "        object: a.csv"),
            (15, 17, "yaml_indent", ":", "        newest: b_*.csv"),
        ],
    ),
    "line not deep enough": (
        with_lines({13: "       object: a.csv"}),
        [(13, 8, "yaml_indent", "o", "        object: a.csv")],
    ),
    "stars without quotes, and what lies behind them": (
        with_lines(
            {
                8: "  source: depot\n  ignore: [*.tmp, *.bak]",
                15: "        newest: *.csv",
                16: "  - jeu: a",
            }
        ),
        [
            (9, 12, "yaml_star", "*.tmp", '  ignore: ["*.tmp", *.bak]'),
            (9, 19, "yaml_star", "*.bak", '  ignore: ["*.tmp", "*.bak"]'),
            (16, 17, "yaml_star", "*.csv", '        newest: "*.csv"'),
            (17, 5, "unknown_key", "jeu", "  - dataset: a"),
        ],
    ),
    "a schedule that begins with a star": (
        with_lines({8: "  source: depot\n  schedule: {cron: * 6 * * *}"}),
        [(9, 20, "yaml_star", "* 6 * * *", '  schedule: {cron: "* 6 * * *"}')],
    ),
    "a schedule of nothing but stars": (
        with_lines({8: "  source: depot\n  schedule:\n    cron: * * * * *"}),
        [(10, 11, "yaml_star", "* * * * *", '    cron: "* * * * *"')],
    ),
    "quote never closed": (
        with_lines({15: "        newest: 'a_*.csv", 16: "  - dataset: Festivals"}),
        [
            (15, 17, "yaml_quote_open", "'", "        newest: 'a_*.csv'"),
            (16, 14, "bad_dataset", "Festivals", "  - dataset: festivals"),
        ],
    ),
    "bracket never closed": (
        with_lines({8: "  source: depot\n  ignore: [a, b # c"}),
        [(9, 11, "yaml_bracket", "[", "  ignore: [a, b]")],
    ),
    "text behind a variable": (
        with_lines({18: "      - each: f_{annee}.csv\n        title: {annee} Festivals"}),
        [(19, 24, "yaml_start", "Festivals", '        title: "{annee} Festivals"')],
    ),
    "value that was made a comment": (
        with_lines({13: "        object: # musees/liste.csv"}),
        [(13, 9, "empty_value", "object", "")],
    ),
    "name that is a number": (
        with_lines({4: "  2024:", 8: "  source: 2024"}),
        [(4, 3, "source_name", "2024", "")],
    ),
    "YAML 1.1": (
        with_lines({1: "version: 01", 8: "  source: depot\n  guards: {year: on, twin: no}"}),
        [
            (1, 10, "bad_version", "01", "version: 1"),
            (9, 18, "bad_choice", "on", ""),
            (9, 28, "bad_choice", "no", ""),
        ],
    ),
    "text where a group is meant": (
        with_lines({12: f"      - {R}", 13: None}),
        [(12, 9, "wrong_type", R, "")],
    ),
    "carriage returns alone": (
        with_lines({13: "        objet: a.csv"}).replace("\n", "\r"),
        [(13, 9, "unknown_key", "objet", "        object: a.csv")],
    ),
    "way to publish that is misspelt": (
        with_lines({8: "  source: depot\n  publish: lnk"}),
        [(9, 12, "bad_publish", "lnk", "  publish: link")],
    ),
    "quotes are kept": (
        with_lines({13: "        object: '/a.csv'"}),
        [(13, 17, "key_slash", "'/a.csv'", "        object: 'a.csv'")],
    ),
    "star behind another rule": (
        with_lines({13: '        object: "*.csv"'}),
        [(13, 17, "key_wildcard", '"*.csv"', '        newest: "*.csv"')],
    ),
    "cron with a star first": (
        with_lines({8: "  source: depot\n  schedule: {cron: '0 * * * * *'}"}),
        [(9, 20, "cron_fields", "'0 * * * * *'", "  schedule: {cron: '* * * * *'}")],
    ),
}


@pytest.mark.parametrize("case", LESSONS)
def test_each_problem_marks_its_place_and_says_what_to_write(case: str) -> None:
    text, expected = LESSONS[case]
    assert taught(problems_of(text)) == expected


ALL = {name: text for name, (text, _) in {**CASES, **LESSONS}.items()}


@pytest.mark.parametrize("case", ALL)
def test_the_excerpt_is_the_files_line_and_the_mark_lies_in_it(case: str) -> None:
    lines = ALL[case].replace("\r", "\n").split("\n")
    for problem in problems_of(ALL[case]):
        line = lines[problem.line - 1]
        if not line.strip():
            continue
        excerpt = problem.excerpt
        assert excerpt is not None
        is_strange = problem.reason.code == "unknown_key" and not problem.suggestion
        if len(line) <= LONGEST and "secret" not in line and not is_strange:
            plain = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line)
            assert excerpt.text.rstrip() == plain.rstrip()
            assert excerpt.column == problem.column
        assert 1 <= excerpt.column <= len(excerpt.text) + 1
        assert excerpt.width >= 1


@pytest.mark.parametrize("case", ALL)
def test_who_writes_what_is_said_has_one_problem_less(case: str) -> None:
    problems = problems_of(ALL[case])
    for problem in problems:
        lines = ALL[case].replace("\r", "\n").split("\n")
        if problem.instead:
            lines[problem.line - 1] = problem.instead
        elif problem.add:
            behind = problem.reason.code == "source_missing"
            lines.insert(problem.line - (not behind), problem.add)
        else:
            continue
        wrong = (problem.reason.code, problem.reason.facts.get("key"), problem.path)
        same = [p for p in problems if (p.reason.code, p.reason.facts.get("key"), p.path) == wrong]
        assert _still(lines, wrong) < len(same)


def _still(lines: list[str], wrong: tuple[object, ...]) -> int:
    try:
        loads("\n".join(lines), "m.yaml")
    except ManifestError as error:
        left = [(p.reason.code, p.reason.facts.get("key"), p.path) for p in error.problems]
        return left.count(wrong)  # type: ignore[arg-type]  # compared by value
    return 0


@pytest.mark.parametrize("case", ALL)
def test_what_a_person_reads_begins_with_the_place_and_fits_together(case: str) -> None:
    for problem in problems_of(ALL[case]):
        first, *rest = lesson(problem).split("\n")
        assert first.startswith(f"m.yaml:{problem.line}:{problem.column}: ")
        if problem.excerpt:
            line, under = rest[:2]
            assert line.index("|") == under.index("|")
            assert set(under.split("|")[1].strip()) == {"^"}
            start = under.index("^") - under.index("|") - 2
            assert start == columns(problem.excerpt.text[: problem.excerpt.column - 1])


def test_a_text_of_several_lines_may_begin_one_with_a_word_and_a_colon() -> None:
    note = f"name: >\n      Liste\n      Attention{NBSP}: provisoire\n      dataset:a, source b"
    text = with_lines({16: f"  - dataset: festivals\n    {note}"})
    assert loads(text, "m.yaml").datasets[1].name.startswith("Liste Attention")


def test_what_yaml_1_1_took_for_something_else_is_a_text() -> None:
    text = with_lines(
        {
            12: f"      - resource: {R}\n        paused: 2026-01-31",
            13: "        object: 0123",
            16: "  - dataset: 012\n    name: on",
        }
    )
    first, second = loads(text, "m.yaml").datasets
    assert (first.targets[0].paused, first.targets[0].selector) == ("2026-01-31", "0123")
    assert (second.dataset, second.name) == ("012", "on")


@pytest.mark.parametrize("command", ["check", "plan", "sync", "status", "holds", "run"])
def test_every_command_shows_the_line(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(with_lines({13: "        objet: a.csv"}))
    monkeypatch.setenv("SYNCD_MANIFEST", str(file))
    monkeypatch.chdir(tmp_path)
    assert commands.run([command]) == 2
    assert "13 |         object: a.csv" in capsys.readouterr().err


def test_french_words_keep_their_spaces_dashes_and_quotes() -> None:
    text = with_lines(
        {
            16: f"  - dataset: festivals\n    name: 'Les « festivals »{NBSP}: l’été – “tous”'",
            18: f"      - each: f_{{annee}}.csv\n        title: «{NBSP}Été{NBSP}» {{annee}}",
        }
    )
    assert loads(text, "m.yaml").datasets[1].name == f"Les « festivals »{NBSP}: l’été – “tous”"


# -- the mark ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "width", "under"),
    [
        ("ab: x", 5, 1, "    ^"),
        ("\tab: x", 2, 2, " ^^"),
        ("e\u0301t\u00e9: x", 6, 1, "     ^"[1:]),
        ("日本: 語", 5, 1, "      ^^"),
        ("ab", 3, 1, "  ^"),
        ("", 1, 1, "^"),
    ],
)
def test_the_mark_stands_under_the_characters_as_a_terminal_shows_them(
    text: str, column: int, width: int, under: str
) -> None:
    assert mark(Excerpt(text, column, width)) == under


def test_a_tab_is_shown_as_one_sign() -> None:
    assert shown(Excerpt("\ta\tb", 1, 1)) == "→a→b"


def test_a_long_line_is_shortened_around_the_place() -> None:
    many = ", ".join(f"a{n}" for n in range(80))
    (problem,) = problems_of(with_lines({8: f"  source: depot\n  ignore: [{many}, *.x, {many}]"}))
    excerpt = problem.excerpt
    assert excerpt is not None
    assert marked(excerpt) == "*.x"
    assert len(excerpt.text) == LONGEST
    assert (excerpt.text[0], excerpt.text[-1]) == ("…", "…")


def test_a_marked_value_that_is_too_long_is_marked_as_far_as_it_is_shown() -> None:
    (problem,) = problems_of(with_lines({16: "  - dataset: " + "É" * 1500}))
    assert marked(problem.excerpt) == "É" * (LONGEST - 14) + "…"


# -- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edits",
    [
        {6: f"    bucket: x\n    secret_access_key: {SECRET}"},
        {6: f"    bucket: x\n    secret_access_key {SECRET}"},
        {6: f"    bucket: x\n    secret_access_key:{SECRET}"},
        {6: f"    bucket: x\n    secret_access_key = {SECRET}"},
        {6: f"    bucket: x\n    secret_access_key : “{SECRET}”"},
        {6: f"    bucket: x\n    secret_access_key：{SECRET}"},
        {6: f"    bucket: x\n    mot de passe: {SECRET}"},
        {6: f"    bucket: x\n    clé_secrète: {SECRET}"},
        {6: f"    bucket: x\n    cle_s3: {SECRET}"},
        {6: f"    bucket: x\n    key: {SECRET}"},
        {6: f"    bucket: x # secret: {SECRET}"},
        {2: f"portal: https://demo.data.gouv.fr\napi*_key: '{SECRET}'"},
        {2: f"portal: https://demo.data.gouv.fr\na\\pi_key: '{SECRET}'"},
        {6: f"    bucket: x\n    secret:\n      - {SECRET}"},
        {6: f"    bucket: x\n    secret:\n    - {SECRET}"},
        {6: f"    bucket: x\n    secret: |\n      un\n\t{SECRET}: y"},
        {6: f'    bucket: x\n    secret: "un\n  {SECRET}: y'},
        {6: f"    bucket: x\n    secret:\n      depot:\n\t- {SECRET}"},
        {6: f"    bucket: x\n    secret:\n      depot: *{SECRET}"},
        {6: f"    bucket: x\n    ? secret\n    : *{SECRET}"},
        {4: f"  depot: {{endpoint: x, secret_key: {SECRET}, bucket: *x}}\n  d:"},
        {5: f"    endpoint: https://moi:{SECRET}@s3.example.fr:x"},
        {5: f"    endpoint: https://moi:{SECRET}@s3.example.fr/x/y"},
        {
            2: "portal: https://demo.data.gouv.fr\nthematic:\n  - {name: C, topic: c, address: "
            f"'htps://c.example/?X-Amz-Signature={SECRET}'}}"
        },
        {13: f"        object: /https://s3.x.fr/a?X-Amz-Signature={SECRET}"},
        {13: "        object: /a\n        paused: [wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLKEY9]"},
    ],
)
def test_a_secret_is_never_shown_with_its_line(edits: dict[int, str | None]) -> None:
    problems = problems_of(with_lines(edits))
    said = "\n".join(lesson(problem) for problem in problems)
    if "object: /" in str(edits):  # the value read is said by the sentence, as it always was
        said = "\n".join(repr((p.excerpt, p.instead, p.add)) for p in problems)
    assert "wJalr" not in said


def test_a_secretarys_office_is_no_secret() -> None:
    text = with_lines(
        {4: "  secretariat_general:", 6: "    bucket: a-b/c", 8: "  source: secretariat_general"}
    )
    assert taught(problems_of(text)) == [(6, 13, "bad_bucket", "a-b/c", "    bucket: a-b")]


def test_a_mark_behind_a_hidden_part_still_stands_under_its_characters() -> None:
    text = with_lines({5: "    endpoint: {a: 'https://moi:motdepasse@x.fr', b: *c}"})
    (problem, *_) = problems_of(text)
    assert marked(problem.excerpt) == "*c"
    assert "motdepasse" not in lesson(problem)


# -- examples ----------------------------------------------------------------------------------


def test_the_examples_are_a_manifest() -> None:
    whole = [*OF_KEY["version"], *OF_KEY["portal"], *OF_KEY["sources"], *OF_KEY["defaults"]]
    assert loads("\n".join([*whole, *OF_KEY["datasets"]]), "m.yaml").datasets


@pytest.mark.parametrize("key", sorted(OF_KEY))
def test_every_example_of_a_key_shows_that_key(key: str) -> None:
    assert all(key in "\n".join(OF_KEY[key]) for _ in OF_KEY[key])


def test_every_key_of_the_manifest_that_can_be_wrong_has_an_example() -> None:
    from syncd.config.manifest.diagnostics.schema_errors import KEYS
    from syncd.config.manifest.models import Guards

    told = {"region", "grace"} | set(Guards.model_fields)  # any text; the sentence says which
    assert sorted(KEYS - set(OF_KEY) - told) == []
    assert set(OF_CODE)


# -- files, through the command ------------------------------------------------------------------


def check(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str
) -> tuple[int, str, str]:
    monkeypatch.setenv("SYNCD_MANIFEST", str(file))
    monkeypatch.setenv("SYNCD_STATE_DIR", str(file.parent / "state"))
    monkeypatch.chdir(file.parent)
    code = commands.run(["check", *more])
    out, err = capsys.readouterr()
    return code, out, err


BYTES: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", [":1:1: The file says nothing"]),
    "Latin-1": (
        GOOD.replace("dataset: festivals", "dataset: festivals\n    name: été").encode("latin-1"),
        [
            ":17:11: The file is not in UTF-8; it looks like Latin-1 (here probably “é”)",
            "name: été",
        ],
    ),
    "UTF-16": (GOOD.encode("utf-16"), [":1:1: The file is not in UTF-8", "version: 1"]),
    "ten megabytes": (b"# x\n" * 2_621_440, ["The file has more than 2.10 MB"]),
    "null byte": (GOOD.replace("opendata", "open\0data").encode(), [":6:17: ", "bucket: opendata"]),
    "alias bomb": (
        "\n".join(
            ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
            + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
        ).encode(),
        ["once its aliases (*name) are expanded"],
    ),
    "tab": (GOOD.replace("  source", "\tsource").encode(), [":8:1: ", "→source", "Write:"]),
    "two documents": ((GOOD + "---\n" + GOOD).encode(), [":19:1: A second document begins here"]),
}


@pytest.mark.parametrize("case", BYTES)
def test_a_broken_file_ends_the_command_with_2_and_a_lesson(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, expected = BYTES[case]
    file = tmp_path / "m.yaml"
    file.write_bytes(data)
    code, out, err = check(file, monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert [words for words in expected if words not in err] == []
    assert "Traceback" not in err


@pytest.mark.parametrize("case", LESSONS)
def test_every_lesson_reaches_the_operator(
    case: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, expected = LESSONS[case]
    file = tmp_path / "m.yaml"
    file.write_bytes(text.encode())
    code, _, err = check(file, monkeypatch, capsys)
    assert code == 2
    assert err.count("^") >= len(expected)
    assert all(f"{line}:{column}: " in err for line, column, *_ in expected)


def test_a_folder_and_a_file_that_is_not_there_end_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, monkeypatch, capsys)[0] == 2
    assert check(tmp_path / "none.yaml", monkeypatch, capsys)[0] == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read_it_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(GOOD)
    file.chmod(0)
    assert check(file, monkeypatch, capsys)[0] == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
def test_every_line_end_and_a_byte_order_mark_load(end: str, begin: bytes, tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_bytes(begin + GOOD.replace("\n", end).encode())
    assert [entry.place.line for entry in load(file).datasets] == [10, 16]


def test_json_has_the_line_the_mark_and_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(with_lines({1: None, 13: "        objet: a.csv"}))
    code, out, _ = check(file, monkeypatch, capsys, "--json")
    missing, misspelt = json.loads(out)["problems"]
    assert code == 2
    assert (missing["add"], missing["instead"]) == ("version: 1", None)
    assert misspelt["instead"] == "        object: a.csv"
    assert misspelt["excerpt"] == {"line": "        objet: a.csv", "column": 9, "width": 5}
    assert "\n" not in misspelt["text"]


# -- any slip ----------------------------------------------------------------------------------

SIGNS = [*"\t :-{}[]*&#'\"“”«»，：|>?!%@`\\/.a0é\u00a0\u200b\ufeff\x01\r\n", "  ", "- ", ": "]


def slipped(text: str, chance: random.Random) -> str:
    """One slip of a hand: something deleted, doubled, moved or put in."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    place = chance.randrange(len(lines[at]) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        lines[at] = chance.choice(["", " ", "  ", "\t", NBSP]) + lines[at].lstrip()
    elif kind == 3:
        lines[at] = lines[at][:place] + lines[at][place + 1 :]
    elif kind == 4:
        lines[at] = lines[at][:place] + chance.choice(SIGNS) + lines[at][place:]
    else:
        lines[at] = " " * chance.randrange(5) + lines[at]
    return "\n".join(lines) or "#"


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=examples(400))
def test_any_slip_of_a_hand_loads_or_teaches(seed: int, count: int) -> None:
    text, chance = GOOD, random.Random(seed)
    for _ in range(count):
        text = slipped(text, chance)
    started = time.thread_time()
    try:
        loads(text, "m.yaml")
    except ManifestError as error:
        problems = error.problems
    else:
        return
    assert time.thread_time() - started < 5
    assert problems
    lines = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in problems:
        assert 1 <= problem.line <= len(lines)
        line = lines[problem.line - 1]
        assert 1 <= problem.column <= len(line) + 1
        if line.strip():
            assert problem.excerpt is not None
            plain = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line)
            assert problem.excerpt.text.rstrip() in {plain.rstrip(), problem.excerpt.text.rstrip()}
            if "…" not in problem.excerpt.text and len(line) <= LONGEST:
                assert problem.excerpt.text.rstrip() == plain.rstrip()
        assert lesson(problem)


@pytest.mark.parametrize(
    "unit", ["a", "/", "://", "eyJaaaaaaaa", "aB1", " ", "- ", "\u00a0", "“a” ", '"', "password: "]
)
@pytest.mark.parametrize("lead", ["name: ", "", "name: Musées\npassword: x, y: "])
@pytest.mark.parametrize("letters", [100_000, pytest.param(1_000_000, marks=pytest.mark.stress)])
def test_a_very_long_line_is_judged_in_one_pass_and_not_shown(
    lead: str, unit: str, letters: int
) -> None:
    # Picked apart letter by letter, as short lines are, a million take hours.
    text = f"version: 1\n{lead}{unit * (letters // len(unit))}SeCrEt9\nbad: 1\n"
    started = time.thread_time()
    with pytest.raises(ManifestError) as caught:
        loads(text, "m.yaml")
    said = "\n".join(map(lesson, caught.value.problems))
    assert time.thread_time() - started < letters / 10_000
    assert len(said) < 5_000
    assert "password" not in lead or "SeCrEt9" not in said


def test_a_slip_on_each_of_many_lines_is_said_with_its_own_line() -> None:
    text = "version: 1\n" + "\u00a0name: a\n" * 3_000
    with pytest.raises(ManifestError) as caught:
        loads(text, "m.yaml")
    odd = [p for p in caught.value.problems if p.reason.code == "odd_space"]
    assert {p.instead.strip() for p in odd} == {"name: a"}
    assert len(odd) == 3_000
