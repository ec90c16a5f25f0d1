"""Whatever another person wrote: no output has a line more, or a letter that is not seen."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd import audit
from syncd.actions.init import DatasetDraft, Draft, Entry, LeftOut
from syncd.actions.report import Counts, DatasetMonth, Delay, MonthReport, month_of
from syncd.actions.status import StatusReport, Trouble
from syncd.audit import Audit, Audited, Finding, Rating
from syncd.cli import errors
from syncd.cli.output import history, json_documents, report_csv, report_screen
from syncd.cli.output.audit_json import audit_document
from syncd.cli.output.audit_page import html_page
from syncd.cli.output.audit_screen import AuditScreen
from syncd.cli.output.manifest_text import write
from syncd.cli.output.report_json import report_document
from syncd.cli.output.report_page import report_page
from syncd.cli.output.screen import Screen
from syncd.cli.output.status_screen import StatusScreen
from syncd.core.activity import Work
from syncd.core.errors import Excerpt, ManifestError, Problem, SyncdError
from syncd.core.history_records import Event, LineKind
from syncd.core.preflight import Check, Grade
from syncd.core.reasons import because
from syncd.core.records import Act, Cause, CycleNote, Outcome, Publication
from syncd.core.results import Report
from syncd.core.service_records import Unclaimed
from syncd.notify.alerts import Delivery
from syncd.notify.messages import message
from syncd.sync.resource_matcher import Guess, MatchedBy
from syncd.telemetry import configure
from syncd.text import sentence
from tests.support.alert_builders import alert
from tests.support.builders import NOW, judged, row, version
from tests.support.examples import examples
from tests.unit.cli.test_manifest_text import ORIGIN, dataset, draft, resource
from tests.unit.cli.test_output import planned, result, synced, target_status

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDDEN = re.compile(rf"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029{BIDI}]")
EVIL = "a\n2025 [info] b\r\v\f\x1c\x85\u2028\u2029c\x1b[2J\x9b31m\x07\x00d\u202ee\u2066f\u061cg"


def _reason(words: str) -> Any:
    """An S3 server's own words, for example."""
    return because("s3_server_error", endpoint=words, status=500, detail=words)


def _fields(words: str) -> dict[str, Any]:
    names = ("dataset", "dataset_title", "dataset_page", "resource", "title", "object", "link")
    return dict.fromkeys(names, words)


def _line(words: str) -> Publication:
    return Publication(
        id=1,
        binding=row().binding,
        judged=judged("a", version(words, etag=words)),
        title=words,
        link=words,
        act=Act.REPLACED,
        cause=Cause("release", words, words, words),
        begun_at=NOW,
        version_id=words,
        findings=(_reason(words),),
        receipt={words: [words]},
        lifted=(_reason(words),),
        loosened={words: words},
    )


def _events(words: str) -> list[Event]:
    """One of each kind that is shown."""
    looser = [{"guards": {words: words}, "targets": [words]}]
    facts = {
        "manifest": words,
        "as": words,
        "why": words,
        "lines": 3,
        "looser": looser,
        "made": words,
    }
    shown = [kind for kind in LineKind if kind.value not in ("published", "let_go")]
    return [Event(kind, NOW, *[words] * 7, facts=facts, line=2, after=1) for kind in shown]


def _report(words: str, one: Callable[..., Any]) -> Report:
    found = [one(o, **_fields(words), reason=_reason(words)) for o in Outcome]
    return synced(*found, unmapped=(words, words))


def _audit(words: str) -> Audit:
    finding = Finding("resource_title", Rating.IMPROVE, _reason(words), words, words, words)
    return audit.Audit((Audited(words, words, words, 0.5, (finding,)),))


def _month(words: str) -> MonthReport:
    delays = (Delay(words, NOW, NOW, 1), Delay(words, NOW, None, 1))
    open_today = ((words, 1),)  # a state of tomorrow
    one = DatasetMonth(words, words, words, Counts(1, 1, 1, 1, 1, 1), 1, 1, delays, open_today)
    month = month_of("2026-02", NOW, ZoneInfo("Europe/Paris"))
    return MonthReport(month, words, (one,), 1, False, NOW, NOW, (NOW,))


def _status(words: str) -> StatusReport:
    cycle = CycleNote(NOW, NOW, "sync", 0, {"replaced": 1})
    fields = {**_fields(words), "state": "held", "reason": _reason(words)}
    trouble = Trouble(words, words, "failed", _reason(words), NOW)
    stray = Unclaimed(words, words, words, words, _reason(words), NOW)
    work = Work(words, "fetch", NOW, words, 1, 2)
    rows = (target_status(**fields),)
    return StatusReport(rows, cycle, None, (trouble,), (stray,), (work,), frozenset({words}))


def _hold(words: str) -> history.Hold:
    held = row(state=Outcome.HELD, title=words, reason=_reason(words), link=words)
    return history.Hold(words, held)


def _trouble(words: str) -> ManifestError:
    excerpt = Excerpt("a: b", 1, 1)
    found = Problem(because("unknown_key", key=words), "m.yaml", 1, 1, words, words, excerpt)
    return ManifestError([found])


def _ended(error: Exception) -> int:
    def raising() -> int:
        raise error

    return errors.ended_well(raising)


def _logged(form: Any, words: str) -> None:
    stream = io.StringIO()
    configure(form, "info", [], stream)
    log = structlog.get_logger("syncd.cycle")
    log.info("object.held", object=words, many=[words, {words: words}], error=OSError(words))
    logging.getLogger("botocore").warning("%s", words)
    structlog.contextvars.clear_contextvars()
    sys.stdout.write(stream.getvalue())


def _mail(words: str) -> None:
    about = {**_fields(words), "contact": "a@example.fr"}
    written = message(Delivery("", (alert(reason=_reason(words), about=about),)))
    assert "\n" not in written.subject
    sys.stdout.write(f"{written.subject}\n{written.body}")


def _drafted(words: str) -> None:
    key = Guess("a.csv", 1, MatchedBy.NAME)
    left = LeftOut(resource(words), _reason(words))
    entry = Entry(
        resource(words, words or "a"), draft(key, key, sure=True).datasets[0].entries[0].found
    )
    made = Draft((DatasetDraft(dataset(words), (entry,), (left,)),), 1, (words,), 1)
    sys.stdout.write(write(made, ORIGIN))


OUTPUTS: dict[str, Callable[[str], object]] = {
    "the screen of a sync": lambda w: Screen().sync(_report(w, result)),
    "the screen of a plan": lambda w: Screen().plan(_report(w, planned)),
    "the screen of verify": lambda w: Screen().verified(_report(w, result)),
    "the screen of status": lambda w: StatusScreen().morning(_status(w)),
    "the screen of status with every target": lambda w: StatusScreen().whole(_status(w)),
    "the screen of check": lambda w: Screen().checks([Check("a", w, Grade.OK, _reason(w))]),
    "the screen of the audit": lambda w: AuditScreen().show(_audit(w), None),
    "the screen of holds": lambda w: history.show_holds([_hold(w)]),
    "the screen of the history": lambda w: history.show_history([_line(w)], _events(w)),
    "the history as CSV": lambda w: history.put_csv([_line(w)], _events(w)),
    "the history as JSON": lambda w: json_documents.put(history.line_document(_line(w))),
    "its events as JSON": lambda w: json_documents.put(
        {"events": [history.event_document(event) for event in _events(w)]}
    ),
    "the holds as JSON": lambda w: json_documents.put(history.hold_document(_hold(w))),
    "a sync as JSON": lambda w: json_documents.put(
        json_documents.sync_document(_report(w, result))
    ),
    "a plan as JSON": lambda w: json_documents.put(
        json_documents.plan_document(_report(w, planned))
    ),
    "the state as JSON": lambda w: json_documents.put(json_documents.status_document(_status(w))),
    "problems as JSON": lambda w: json_documents.put(
        json_documents.problem_document(_trouble(w).problems[0])
    ),
    "the audit as JSON": lambda w: json_documents.put(audit_document(_audit(w))),
    "the audit's page": lambda w: sys.stdout.write(
        html_page(_audit(w), "https://portal.example", NOW)
    ),
    "the monthly report": lambda w: report_screen.show(_month(w)),
    "the monthly report as CSV": lambda w: sys.stdout.write(
        report_csv.table(_month(w)).decode("utf-8-sig").replace("\r\n", "\n")
    ),
    "the monthly report as JSON": lambda w: json_documents.put(report_document(_month(w))),
    "the monthly report's page": lambda w: sys.stdout.write(report_page(_month(w), NOW)),
    "trouble of a server": lambda w: _ended(SyncdError("s3_busy", endpoint=w, status=w)),
    "trouble in the manifest": lambda w: _ended(_trouble(w)),
    "a reason of tomorrow": lambda w: errors.say(sentence(because(w, **{w: w}))),
    "the log as JSON": lambda w: _logged("json", w),
    "the log on a console": lambda w: _logged("console", w),
    "a mail": _mail,
    "a proposed manifest": _drafted,
}


WRAPPED = {"a proposed manifest"}  # each line of it a comment of YAML


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def written(output: str, words: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        OUTPUTS[output](words)
    return out.getvalue()


@pytest.mark.parametrize("output", OUTPUTS)
def test_nothing_hidden_is_written_and_no_line_forged(output: str) -> None:
    found = written(output, EVIL)

    assert HIDDEN.findall(found) == []
    if output not in WRAPPED:
        assert found.count("\n") == written(output, "a").count("\n")


@pytest.mark.parametrize("output", OUTPUTS)
@settings(max_examples=examples(15))
@given(words=st.text(st.one_of(st.sampled_from(EVIL), st.characters(codec="utf-8")), min_size=1))
def test_whatever_was_written_nothing_hidden_comes_out(output: str, words: str) -> None:
    assert HIDDEN.findall(written(output, words)) == []


def test_what_a_program_reads_is_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    json_documents.put({"title": EVIL})

    assert json.loads(capsys.readouterr().out) == {"title": EVIL}


def test_a_traceback_in_the_console_has_no_line_that_looks_like_a_record() -> None:
    stream = io.StringIO()
    configure("console", "info", [], stream)
    try:
        raise ValueError("a\n2025-01-01T00:00:00Z [info] forged\x1b[2J")
    except ValueError:
        structlog.get_logger("syncd").exception("fault")

    _, *lines = stream.getvalue().splitlines()
    assert all(line.startswith("  ") for line in lines)
    assert HIDDEN.search(stream.getvalue()) is None
