"""The monthly report as a CSV that a French spreadsheet opens by a double click.

It takes semicolons for separators, a byte order mark for UTF-8, and CRLF for the end of a line.
"""

from __future__ import annotations

import csv
import io

from syncd.actions.report import DatasetMonth, MonthReport
from syncd.cli.output.csv_cells import cell
from syncd.text import text

_COLUMNS = (
    "month",
    "dataset",
    "title",
    "published",
    "created",
    "size",
    "adopted",
    "released",
    "undone",
    "failed",
    "held",
    "late",
    "longest",
    "open",
    "page",
)


def table(found: MonthReport) -> bytes:
    """A row for each dataset, below the names of the columns in the reader's language."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([text(f"report.{name}") for name in _COLUMNS])
    for one in found.datasets:
        writer.writerow([cell(value) for value in _row(str(found.month), one)])
    return written.getvalue().encode("utf-8-sig")


def _row(month: str, one: DatasetMonth) -> list[str | int]:
    counts = one.counts
    return [
        month,
        one.dataset,
        one.title,
        counts.published,
        counts.created,
        counts.size,
        counts.adopted,
        counts.released,
        counts.undone,
        one.failed,
        one.held,
        len(one.delays),
        one.longest,
        sum(count for _, count in one.open),
        one.page,
    ]
