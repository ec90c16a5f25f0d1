"""The monthly report as one HTML page."""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element, SubElement  # it is built and written, never parsed

from syncd import __version__
from syncd.actions.report import DatasetMonth, MonthReport
from syncd.cli.output import report_screen
from syncd.cli.output.page import Page, Table, link, say
from syncd.text import text
from syncd.text.figures import number, size


def report_page(found: MonthReport, now: datetime) -> str:
    """The whole page. `now` in the reader's time zone."""
    page = Page(report_screen.title(found))
    facts = {"date": now.isoformat(), "version": __version__}
    say(SubElement(page.header, "p"), text("html.made", **facts))
    _summary(page.main, found)
    _details(page.main, found)
    footer = SubElement(page.body, "footer")
    for note in report_screen.notes(found):
        say(SubElement(footer, "p"), note)
    return str(page)


def _summary(main: Element, found: MonthReport) -> None:
    section = SubElement(main, "section", {"aria-labelledby": "summary"})
    say(SubElement(section, "h2", {"id": "summary"}), text("html.summary"))
    say(SubElement(section, "p"), report_screen.in_short(found))
    names = ("title", "published", "sent", "released", "undone", "failed", "held", "late", "open")
    heads = tuple(text(f"report.{name}") for name in names)
    table = Table(section, text("report_caption"), heads)
    for one in found.datasets:
        name, *cells = table.row()
        link(name, one.page, report_screen.named(one))
        for cell, words in zip(cells, _cells(one), strict=True):
            say(cell, words)


def _cells(one: DatasetMonth) -> list[str]:
    counts = one.counts
    return [
        number(counts.published),
        size(counts.size),
        number(counts.released),
        number(counts.undone),
        number(one.failed),
        number(one.held),
        number(len(one.delays)),
        number(sum(count for _, count in one.open)),
    ]


def _details(main: Element, found: MonthReport) -> None:
    section = SubElement(main, "section", {"aria-labelledby": "details"})
    say(SubElement(section, "h2", {"id": "details"}), text("report_details"))
    for one in found.datasets:
        if one.is_quiet:
            continue
        say(SubElement(section, "h3"), report_screen.named(one))
        listed = SubElement(section, "ul")
        for line in report_screen.said(one):
            say(SubElement(listed, "li"), line)
    quiet = sum(one.is_quiet for one in found.datasets)
    if quiet:
        say(SubElement(section, "p"), text("report_quiet", count=quiet))
