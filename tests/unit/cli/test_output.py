"""What the commands print: documents for programs, screens for persons."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd import audit, text
from syncd.actions.status import StatusReport, TargetStatus
from syncd.cli import commands, errors
from syncd.cli.output import history, json_documents, progress
from syncd.cli.output.audit_page import html_page
from syncd.cli.output.audit_screen import AuditScreen
from syncd.cli.output.screen import Screen
from syncd.cli.output.status_screen import StatusScreen
from syncd.core.activity import Work
from syncd.core.errors import ManifestError, Problem, SourceUnreachable, SyncdError, UsageError
from syncd.core.history_records import Event, LineKind
from syncd.core.reasons import Reason, because
from syncd.core.records import Act, Cause, CycleNote, Outcome, Publication
from syncd.core.results import CONFIG, PLANNED, Report, Result, Shape, Shapes
from syncd.core.service_records import Replica, ServiceNote
from syncd.text import sentence
from tests.support.builders import NOW, RESOURCE, digest, judged, row

ANSI = re.compile(r"\x1b\[")
REASON = because("first_replacement", size=2000, previous=1000)
WARNING = because("guard_empty", key="a.csv")
DOWN = because("s3_timeout", endpoint="https://s3.example")


def result(outcome: Outcome = Outcome.REPLACED, **fields: Any) -> Result:
    given: dict[str, Any] = {
        "dataset": "d1",
        "dataset_title": "Musées",
        "dataset_page": "https://portal.example/d1",
        "resource": RESOURCE,
        "title": "Liste des musées",
        "object": "musees/liste.csv",
        "outcome": outcome,
        "reason": REASON,
        "sha1": digest("x").sha1,
        "size": 2000,
        "seconds": 1.5,
        "link": "https://portal.example/r/1",
    }
    return Result(**{**given, **fields})


def planned(outcome: Outcome = Outcome.REPLACED, **fields: Any) -> Result:
    given: dict[str, Any] = {
        "outcome": outcome,
        "reason": REASON,
        "size": None,
        "listed_size": 2000,
        "previous_size": 1000,
    }
    return result(**{**given, **fields})


NAME = "Liste des musées de France"


def target_status(**fields: Any) -> TargetStatus:
    given: dict[str, Any] = {
        "dataset": "d1",
        "dataset_title": "Musées",
        "resource": RESOURCE,
        "title": "Liste des musées",
        "object": "musees/liste.csv",
        "state": "replaced",
        "last_published_at": NOW,
        "last_checked_at": NOW + timedelta(hours=1),
        "sha1": digest("x").sha1,
        "reason": REASON,
        "next_run": None,
        "link": "https://portal.example/r/1",
        "dataset_page": "https://portal.example/d1",
    }
    return TargetStatus(**{**given, **fields})


def synced(*results: Result, unmapped: tuple[str, ...] = ()) -> Report:
    return Report(results, unmapped, len(unmapped))


# -- documents ---------------------------------------------------------------------------------


def printed(document: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """As a program reads it from the pipe."""
    json_documents.put(document)
    out = capsys.readouterr().out
    assert out.endswith("}\n")
    assert not ANSI.search(out)
    found: dict[str, Any] = json.loads(out)
    return found


def test_the_document_of_a_plan_has_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    down = planned(Outcome.FAILED, reason=DOWN)
    plan = Report((planned(warnings=(WARNING,)), down), ("x.csv",))
    found = printed(json_documents.plan_document(plan), capsys)
    assert set(found) == {
        "actions", "failures", "unmapped", "unmapped_count", "renames", "paused", "summary"
    }  # fmt: skip
    assert found["actions"] == [
        {
            "dataset": "d1",
            "dataset_title": "Musées",
            "resource": RESOURCE,
            "title": "Liste des musées",
            "object": "musees/liste.csv",
            "action": "replace",
            "reason": f"{text.sentence(REASON)} {text.finding(WARNING)}",
            "size": 2000,
            "previous_size": 1000,
            "columns": None,
            "previous_columns": None,
            "rows": None,
            "previous_rows": None,
            "schema": None,
            "dataset_page": "https://portal.example/d1",
            "link": "https://portal.example/r/1",
            "address": None,
        }
    ]
    assert found["failures"] == [
        {
            "dataset": "d1",
            "dataset_title": "Musées",
            "resource": RESOURCE,
            "title": "Liste des musées",
            "object": "musees/liste.csv",
            "reason": text.sentence(DOWN),
            "dataset_page": "https://portal.example/d1",
            "link": "https://portal.example/r/1",
        }
    ]
    assert (found["unmapped"], found["summary"]) == (["x.csv"], {"replace": 1})


def test_a_resource_to_be_created_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Report((planned(Outcome.CREATED, resource=None, previous_size=None),))
    (action,) = printed(json_documents.plan_document(plan), capsys)["actions"]
    assert (action["resource"], action["previous_size"]) == (None, None)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.FAILED])
@pytest.mark.parametrize("unread", [False, True])
def test_every_action_has_its_documented_word(outcome: Outcome, unread: bool) -> None:
    documented = (
        "unchanged fetch adopt replace create hold missing ambiguous drifted refused pinned late"
    )
    plan = Report((planned(outcome, unread=unread),))
    (found,) = json_documents.plan_document(plan)["actions"]
    assert found["action"] in documented.split()
    assert (found["action"] == "fetch") == unread
    assert unread or found["action"] == PLANNED[outcome]


def test_the_document_of_a_sync_has_the_documented_keys(capsys: pytest.CaptureFixture[str]) -> None:
    report = synced(result(warnings=(WARNING,)), unmapped=("é.csv",))
    assert printed(json_documents.sync_document(report), capsys) == {
        "outcomes": [
            {
                "dataset": "d1",
                "dataset_title": "Musées",
                "dataset_page": "https://portal.example/d1",
                "resource": RESOURCE,
                "title": "Liste des musées",
                "object": "musees/liste.csv",
                "outcome": "replaced",
                "reason": f"{text.sentence(REASON)} {text.finding(WARNING)}",
                "sha1": digest("x").sha1,
                "size": 2000,
                "seconds": 1.5,
                "schema": None,
                "link": "https://portal.example/r/1",
            }
        ],
        "unmapped": ["é.csv"],
        "unmapped_count": 1,
        "renames": [],
        "paused": [],
        "summary": {"replaced": 1},
    }


def test_the_document_of_a_status_has_the_documented_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cycle = CycleNote(NOW, NOW + timedelta(seconds=2), "sync", 0, {"replaced": 1})
    found = printed(json_documents.status_document(StatusReport((target_status(),), cycle)), capsys)
    assert found == {
        "targets": [
            {
                "dataset": "d1",
                "dataset_title": "Musées",
                "dataset_page": "https://portal.example/d1",
                "resource": RESOURCE,
                "title": "Liste des musées",
                "object": "musees/liste.csv",
                "state": "replaced",
                "last_published_at": "2026-03-10T12:00:00+00:00",
                "last_checked_at": "2026-03-10T13:00:00+00:00",
                "sha1": digest("x").sha1,
                "reason": text.sentence(REASON),
                "next_run": None,
                "schema": None,
                "link": "https://portal.example/r/1",
                "since": None,
                "commands": [],
            }
        ],
        "troubles": [],
        "now": [],
        "unclaimed": [],
        "service": None,
        "replicas": [],
        "last_cycle": {
            "started_at": "2026-03-10T12:00:00+00:00",
            "ended_at": "2026-03-10T12:00:02+00:00",
            "command": "sync",
            "exit_code": 0,
            "summary": {"replaced": 1},
        },
    }


def test_without_any_cycle_the_last_is_null() -> None:
    assert json_documents.status_document(StatusReport((), None)) == {
        "targets": [],
        "troubles": [],
        "now": [],
        "unclaimed": [],
        "service": None,
        "replicas": [],
        "last_cycle": None,
    }


def test_replicas_say_what_sets_them_apart(capsys: pytest.CaptureFixture[str]) -> None:
    since = datetime(2026, 3, 10, 12, tzinfo=UTC)
    leads = Replica("a", 1, "1.0.0", since, leads=True, manifest="a" * 64, able=True)
    other = replace(
        leads, host="b", version="1.1.0", leads=False, manifest="b" * 64, other_manifest=True,
        other_version=True,
    )  # fmt: skip
    other = replace(other, works_on=("d1", "d2", "d3", "d4"))
    broken = replace(leads, host="c", leads=False, manifest="", able=False, other_manifest=True)
    note = ServiceNote("a:1", since, {"pid": 1, "host": "a", "manifest": "behind"})
    status = StatusReport((), None, service=note, replicas=(leads, other, broken))
    found = json_documents.status_document(status)["replicas"]
    assert [one["manifest"] for one in found] == ["a" * 12, "b" * 12, None]
    assert [one["other_manifest"] for one in found] == [False, True, True]
    assert [one["other_version"] for one in found] == [False, True, False]
    assert [one["can_lead"] for one in found] == [True, True, False]
    assert [one["works_on"] for one in found] == [[], ["d1", "d2", "d3", "d4"], []]
    StatusScreen().whole(status)
    shown = " ".join(capsys.readouterr().out.split())
    assert f"b (pid 1) has another manifest ({'b' * 12})" in shown
    assert "b (pid 1) runs syncd 1.1.0" in shown
    assert "b (pid 1) works on 4 datasets: d1, d2, d3…" in shown
    assert "c (pid 1) could not take over" in shown
    assert "a (pid 1) " not in shown
    assert "older than the one in force" in shown


def test_a_problem_says_its_place_in_numbers_and_in_words() -> None:
    reason = because("unknown_key", key="objet", known="object")
    found = json_documents.problem_document(Problem(reason, "m.yaml", 4, 9, "a.objet", "object"))
    assert found["text"].startswith("m.yaml:4:9: ")
    assert (found["line"], found["column"], found["suggestion"]) == (4, 9, "object")
    nowhere = json_documents.problem_document(Problem(because("manifest_missing", path="m"), "m"))
    assert (nowhere["line"], nowhere["column"], nowhere["suggestion"]) == (None, None, None)


def test_a_document_is_the_same_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    report = synced(result())
    english = printed(json_documents.sync_document(report), capsys)
    text.speak("fr")
    french = printed(json_documents.sync_document(report), capsys)
    for document in (english, french):
        del document["outcomes"][0]["reason"]
    assert english == french


# -- screens -----------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, show: Callable[[Screen], None]) -> str:
    """What a screen writes to a terminal. (pytest puts a stdout of its own around each test.)"""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    written = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", written)
        show(Screen())
    return written.getvalue()


SCREENFUL = synced(
    result(),
    result(Outcome.HELD, warnings=(WARNING,)),
    result(Outcome.FAILED, reason=DOWN),
    unmapped=("x.csv",),
)


LONG_KEY = "dossier/" * 12 + "liste des musées 2026.csv"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("of_plan", [False, True])
def test_on_a_terminal_no_word_is_broken_and_what_goes_on_is_indented(
    monkeypatch: pytest.MonkeyPatch, width: int, of_plan: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    near = because("object_renamed", key="a.csv", near="b.csv", write="object: b.csv", line=3)
    held = {"reason": near, "warnings": (WARNING,), "object": LONG_KEY}
    if of_plan:
        report = Report((planned(Outcome.HELD, **held),), (LONG_KEY,), 1)
        shown = on_a_terminal(monkeypatch, lambda screen: screen.plan(report))
    else:
        report = synced(result(Outcome.HELD, **held), unmapped=(LONG_KEY,))
        shown = on_a_terminal(monkeypatch, lambda screen: screen.sync(report))
    lines = ANSI_STYLE.sub("", shown).splitlines()
    narrow = [line for line in lines if len(line) > width and "dossier/" not in line]
    assert narrow == []
    whole = re.sub(r"\s+", " ", " ".join(lines))
    assert text.sentence(near) in whole
    at = lines.index(next(line for line in lines if line.startswith("  h")))
    assert all(line.startswith(" " * 13) for line in lines[at + 1 : at + 4])
    # Where it says which file is meant a key is shortened; where it is to be copied it is not.
    target = next(line for line in lines[at:] if line.endswith("2026.csv"))
    assert len(target) <= width
    assert of_plan is ("1 hold" in lines[-1])
    assert lines[-2] == f"  {LONG_KEY}"


ANSI_STYLE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*[349][0-9](?:;[0-9]+)*m")


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert COLOUR.search(on_a_terminal(monkeypatch, lambda screen: screen.sync(SCREENFUL)))


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bold and dim may stay: https://no-color.org speaks of colour alone."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on_a_terminal(monkeypatch, lambda screen: screen.sync(SCREENFUL))
    assert "Liste des musées" in shown
    assert not COLOUR.search(shown)


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.sync(SCREENFUL)
    screen.plan(Report((planned(), planned(Outcome.FAILED, reason=DOWN)), ("x.csv",)))
    StatusScreen().whole(StatusReport((target_status(),), None))
    StatusScreen().morning(StatusReport((target_status(),), None))
    assert not ANSI.search(capsys.readouterr().out)


def test_a_long_line_is_not_folded_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    key = "dossier/" * 60 + "liste.csv"
    Screen().sync(synced(result(object=key)))
    assert key in capsys.readouterr().out


def test_words_in_brackets_are_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Rich would read `[bold]` as an order, and `:warning:` as a picture."""
    Screen().sync(synced(result(title="[bold]Musées[/] :warning:", object="[red]x[/red].csv")))
    out = capsys.readouterr().out
    assert "[bold]Musées[/] :warning:" in out
    assert "[red]x[/red].csv" in out


EVIL = "Musées\x1b[2J\x9b31m\x07\u202egpj.csv"


def test_a_title_gives_the_terminal_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(synced(result(title=EVIL, object=EVIL + ".csv"), unmapped=(EVIL,)))
    reason = because("audit_title", title=EVIL)
    finding = audit.Finding("resource_title", audit.Rating.IMPROVE, reason, "r", EVIL, EVIL)
    audited = audit.Audited("d", EVIL, EVIL, 0.5, (finding,))
    AuditScreen().show(audit.Audit((audited,)), None)
    errors.say(sentence(reason))
    out, err = capsys.readouterr()
    assert "Musées\N{REPLACEMENT CHARACTER}[2J" in out
    assert [c for c in "\x1b\x9b\x07\u202e" if c in out + err] == []


@pytest.mark.parametrize("address", ["http://[", "javascript:alert(1)", "", "\x00"])
def test_an_address_that_is_none_ends_no_audit_page(address: str) -> None:
    audited = audit.Audited("d", "<script>", address, 0.5, ())
    shown = html_page(audit.Audit((audited,)), "https://demo.data.gouv.fr", NOW)
    assert "<script" not in shown
    assert "javascript:" not in shown


def test_a_sync_is_told_target_by_target(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(SCREENFUL)
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "Musées (d1)  https://portal.example/d1"
    assert "replaced   Liste des musées  musees/liste.csv  2.00 kB" in out
    assert text.sentence(REASON) in out
    assert "https://portal.example/r/1" in out
    assert f"Warning: {text.finding(WARNING)}" in out
    assert "Objects that no target claims:\n  x.csv\n" in out
    assert out.splitlines()[-1] == "Total: 1 failed, 1 held, 1 replaced."


def test_what_did_not_change_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(synced(result(Outcome.UNCHANGED, reason=because("same_version", size=3))))
    assert len(capsys.readouterr().out.splitlines()) == 3  # heading, target, total


@pytest.mark.parametrize("of_plan", [False, True])
def test_a_cause_is_said_once_however_many_targets_it_stopped(
    capsys: pytest.CaptureFixture[str], of_plan: bool
) -> None:
    other = because("s3_timeout", endpoint="https://other.example")
    if of_plan:
        stopped = [
            planned(Outcome.FAILED, reason=r, object=f"{n}") for n, r in enumerate([DOWN] * 7)
        ]
        Screen().plan(Report((*stopped, planned(Outcome.FAILED, reason=other))))
    else:
        failed = [result(Outcome.FAILED, reason=DOWN, object=f"{n}") for n in range(7)]
        Screen().sync(synced(*failed, result(Outcome.FAILED, reason=other)))
    out = capsys.readouterr().out
    assert out.count(text.sentence(DOWN)) == 1
    assert f"{text.sentence(DOWN)} (7 targets)" in out
    assert out.count(text.sentence(other)) == 1
    assert "8 failed" in out


def test_many_unmapped_objects_are_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(synced(unmapped=tuple(f"{n}.csv" for n in range(25))))
    out = capsys.readouterr().out
    assert "19.csv" in out
    assert "20.csv" not in out
    assert "… and 5 more" in out


def test_nothing_at_all_is_said_too(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().plan(Report(()))
    assert capsys.readouterr().out == "The manifest names no target.\n"


@pytest.mark.parametrize(
    ("action", "size", "previous", "shown"),
    [
        (Outcome.REPLACED, 2000, 1000, "1.00 kB → 2.00 kB"),
        (Outcome.CREATED, 2000, None, "2.00 kB"),
        (Outcome.UNCHANGED, 2000, 2000, ""),
        (Outcome.MISSING, None, 2000, ""),
        ("fetch", 0, 0, "0 B → 0 B"),
    ],
)
def test_a_plan_shows_the_sizes_before_and_after(
    capsys: pytest.CaptureFixture[str],
    action: Outcome | str,
    size: int | None,
    previous: int | None,
    shown: str,
) -> None:
    fields = {"listed_size": size, "previous_size": previous}
    unread = planned(Outcome.UNCHANGED, unread=True, **fields)
    one = planned(action, **fields) if isinstance(action, Outcome) else unread
    Screen().plan(Report((one,)))
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split("musees/liste.csv")[1].strip() == shown


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (Shape(3, 40), Shape(4, 1234), "columns: 3 → 4, rows: 40 → 1,234"),
        (Shape(None, 40), Shape(4, 41), "rows: 40 → 41"),
        (Shape(3, None), Shape(3, None), "columns: 3 → 3"),
        (Shape(), Shape(3, 40), None),
    ],
)
def test_a_plan_shows_columns_and_rows_before_and_after(
    capsys: pytest.CaptureFixture[str], before: Shape, after: Shape, shown: str | None
) -> None:
    Screen().plan(Report((planned(shapes=Shapes(before, after)),)))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert (lines[2] == shown) if shown else not any("→" in line for line in lines[2:])


def test_the_document_of_a_plan_has_columns_and_rows_of_both() -> None:
    shapes = Shapes(Shape(3, 40), Shape(None, 1234))
    (action,) = json_documents.plan_document(Report((planned(shapes=shapes),)))["actions"]
    assert (action["columns"], action["previous_columns"]) == (None, 3)
    assert (action["rows"], action["previous_rows"]) == (1234, 40)


def test_datasets_have_a_heading_each(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(synced(result(), result(), result(dataset="d2", dataset_title="")))
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line[0] != " "] == [
        "Musées (d1)  https://portal.example/d1",
        "d2  https://portal.example/d1",
        "Total: 3 replaced.",
    ]


def test_a_link_stands_below_what_is_not_simply_unchanged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Screen().plan(Report((planned(), planned(Outcome.UNCHANGED), planned(Outcome.FAILED))))
    StatusScreen().whole(StatusReport((target_status(), target_status(state="unchanged")), None))
    out = capsys.readouterr().out
    assert out.count("\n             https://portal.example/r/1\n") == 2


def test_a_status_shows_dates_and_the_last_run(capsys: pytest.CaptureFixture[str]) -> None:
    cycle = CycleNote(NOW, NOW, "sync", 0, {"replaced": 1})
    StatusScreen().whole(StatusReport((target_status(),), cycle))
    out = capsys.readouterr().out
    assert "published 2026-03-10" in out
    assert re.search(r"^Last run: 2026-03-10 \d\d:\d\d UTC, 1 replaced\.$", out, re.MULTILINE)


def test_a_status_before_any_cycle_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    for show in (StatusScreen().whole, StatusScreen().morning):
        show(StatusReport((), None))
        assert "Run `syncd sync`" in capsys.readouterr().out


def test_a_dataset_s_name_is_shortened_only_where_the_line_fits_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "liste_des_musees.csv" * 2
    for what, shown in (("liste.csv", "Now: Liste d…sées de France: "), (long, NAME)):
        screen = StatusScreen()
        screen.columns = 60
        work = Work("d1", "send", NOW, what, size=100)
        named = target_status(dataset_title=NAME)
        screen.morning(StatusReport((named,), None, works=(work,)))
        assert shown in capsys.readouterr().out


def test_the_bars_of_a_pipe_are_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress().transfer("a.csv", "send", 10**9) as transfer:
        transfer.advance(10**9)
        transfer.restart()
    assert capsys.readouterr().err == ""


def test_the_bar_of_a_long_transfer_goes_to_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress.progress().transfer("dossier/gros[bold].csv", "send", 10**9) as transfer:
        transfer.advance(5)
        transfer.restart()
    with progress.progress().transfer("petit.csv", "send", 10):
        pass
    assert "sending gros[bold].csv" in written.getvalue()
    assert "petit.csv" not in written.getvalue()
    assert capsys.readouterr().out == ""


def test_the_bar_speaks_the_readers_language_and_fits_its_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text.speak("fr")
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    with progress.progress().transfer("d/" + "a" * 90 + "_2026.csv", "send", 2 * 10**9) as bar:
        bar.advance(10**9)
    text.speak("en")
    (shown, *_) = [line for line in written.getvalue().splitlines() if "envoi de a" in line]
    assert "_2026.csv" in shown
    assert "0\N{NO-BREAK SPACE}o / 2,00\N{NO-BREAK SPACE}Go" in shown
    assert len(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)) <= 80


@pytest.mark.parametrize("said", ["force_needs_target", "fetch_which", "online_not_kept"])
def test_trouble_too_breaks_no_word_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    written = Terminal()
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("COLUMNS", "40")
    reason = because(said, title="Liste des musées")
    errors.say(f"{sentence(reason)}\n  3 | {'a' * 60}")
    first, *more = written.getvalue().splitlines()
    assert len(first) <= 40
    assert all(line.startswith("  ") for line in more)
    assert f"  3 | {'a' * 60}" in more
    assert " ".join(line.strip() for line in (first, *more[:-1])) == sentence(reason)


# -- trouble -----------------------------------------------------------------------------------


def raising(error: BaseException) -> Any:
    def command() -> int:
        raise error

    return command


S3 = ["--endpoint", "https://s3.example.fr", "--bucket", "depot"]


@pytest.mark.parametrize(
    "typed",
    [
        ["jeu", *S3, "--portal", "ftp://u:SeCrEt@x"],
        ["jeu", *S3, "--endpoint", "https://u:SeCrEt@s3.fr"],
        ["jeu", *S3, "--endpoint", "https://s3.fr/?X-Amz-Signature=SeCrEt"],
        ["jeu", *S3, "--bucket", "https://u:SeCrEt@s3.fr"],
        ["https://u:SeCrEt@x/jeu", *S3],
    ],
)
def test_what_was_typed_is_said_again_without_its_secrets(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(["init", *typed]) == CONFIG
    out, err = capsys.readouterr()
    assert "…" in err
    assert "SeCrEt" not in out + err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("force_needs_target"), 2, "`--force`"),
        (SyncdError("key_missing"), 1, "SYNCD_API_KEY"),
        (SourceUnreachable("s3_timeout", endpoint="https://s3"), 1, "https://s3"),
        (KeyboardInterrupt(), 130, "Stopped."),
    ],
)
def test_trouble_ends_in_one_sentence_on_stderr(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert errors.ended_well(raising(error)) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1


def test_all_problems_of_the_manifest_are_said_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    problems = [
        Problem(because("empty_value", key=k), "m.yaml", n, 1) for n, k in ((3, "a"), (4, "b"))
    ]
    assert errors.ended_well(raising(ManifestError(problems))) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in lines[:2]] == ["m.yaml:3:1:", "m.yaml:4:1:"]
    assert "2 problems;" in lines[2]


@pytest.mark.parametrize("code", [0, 1, 2, 3, None])
def test_the_exit_code_is_the_commands(code: int | None) -> None:
    assert errors.ended_well(lambda: code) == (code or 0)


@pytest.mark.parametrize(
    "typed",
    [["no-such-command"], ["plan", "--nope"], ["sync", "--wait", "soon"], ["sync", "--wait"]],
)
def test_what_cannot_be_understood_ends_with_2(
    capsys: pytest.CaptureFixture[str], typed: list[str]
) -> None:
    assert commands.run(typed) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert shown.err


@pytest.mark.parametrize(
    ("typed", "seconds"), [("60s", 60), ("5m", 300), ("2h", 7200), ("7", 7), (" 1 m ", 60)]
)
def test_patience_is_typed_as_people_write_it(typed: str, seconds: float) -> None:
    assert commands.DurationParam().convert(typed, None, None) == seconds


@pytest.mark.parametrize("typed", [["--help"], ["--version"], ["plan", "--help"]])
def test_help_is_no_trouble(capsys: pytest.CaptureFixture[str], typed: list[str]) -> None:
    assert commands.run(typed) == 0
    assert capsys.readouterr().out


def test_a_reason_of_tomorrow_is_still_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().sync(synced(result(Outcome.HELD, reason=Reason("from_tomorrow", {"size": 3}))))
    assert "from_tomorrow (size: 3)" in capsys.readouterr().out


def test_held_files_stand_under_their_dataset_which_is_named_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held = row(state=Outcome.HELD, reason=WARNING)
    history.show_holds([history.Hold("Musées", held), history.Hold("Musées", held)])
    out = capsys.readouterr().out
    assert out.count("Musées (") == 1
    assert out.count("a.csv is empty") == 2


def test_the_history_is_shown_by_its_dates_the_oldest_first() -> None:
    """Datasets are worked on side by side: what began first may be done last."""

    def line(number: int, begun: int, done: int | None) -> Publication:
        titled = NOW + timedelta(minutes=done) if done is not None else None
        return Publication(
            id=number,
            binding=row().binding,
            judged=judged("a"),
            title="",
            link="",
            act=Act.REPLACED,
            cause=Cause(),
            begun_at=NOW + timedelta(minutes=begun),
            titled_at=titled,
        )

    def event(minute: int, after: int, number: int) -> Event:
        at = NOW + timedelta(minutes=minute)
        return Event(LineKind.MANIFEST, at, *[""] * 7, facts={}, line=number, after=after)

    first, second, third = line(1, 0, 9), line(2, 1, 3), line(3, 10, None)
    early, late = event(5, 2, 4), event(10, 3, 5)

    shown = history.in_order([first, second, third], [late, early])

    assert shown == [second, early, first, third, late]
