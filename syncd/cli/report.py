"""`syncd report`: what became of each dataset in a month, from the ledger alone."""

from __future__ import annotations

from pathlib import Path

from syncd import bootstrap
from syncd.actions.report import month_of, report
from syncd.cli import session
from syncd.cli.errors import say
from syncd.cli.output import new_file, report_csv, report_screen
from syncd.cli.output.json_documents import put
from syncd.cli.output.report_json import report_document
from syncd.core import clock
from syncd.core.errors import UsageError
from syncd.core.results import OK
from syncd.text import text


def run(*, month: str | None, html: str | None, csv: str | None, as_json: bool) -> int:
    if sum((html is not None, csv is not None, as_json)) > 1:
        raise UsageError("report_one_form")
    started, now = session.begin(), clock.now()
    meant = month_of(month, now, started.manifest.timezone)
    with bootstrap.ledger(started, read_only=True) as ledger:
        found = report(started, ledger, meant, now)
    if html is not None:
        from syncd.cli.output.report_page import report_page

        _write(Path(html), report_page(found, now.astimezone(started.manifest.timezone)).encode())
    elif csv is not None:
        _write(Path(csv), report_csv.table(found))
    elif as_json:
        put(report_document(found))
    else:
        report_screen.show(found)
    return OK


def _write(path: Path, content: bytes) -> None:
    """Over last month's, where the name is the same."""
    new_file.save(path, lambda into: into.write(content), overwrite=True, mode=0o644)
    say(text("report_written", path=str(path)))
