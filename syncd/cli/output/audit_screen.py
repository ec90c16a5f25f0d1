"""The audit for a person at a terminal: what to do first, first."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from syncd.audit import Audit, Audited, Finding, Status, Visible
from syncd.core.reasons import Fact
from syncd.text import sentence, text
from syncd.text.terminal import in_sight

_STYLES: Mapping[Status, str] = {
    Status.OK: "green",
    Status.IMPROVE: "yellow",
    Status.PROBLEM: "bold red",
    Status.UNKNOWN: "dim",
}
_SITES: Mapping[Visible, str] = {
    Visible.YES: "green",
    Visible.NOT_YET: "yellow",
    Visible.NO: "bold red",
    Visible.UNKNOWN: "dim",
}


class AuditScreen:
    """Writes to stdout; colours only on a terminal, and none where NO_COLOR is set."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        # A language has longer words than another.
        self._width = max(10, *(len(text(f"word.{status}")) + 1 for status in Status))
        self._below = " " * (self._width + 3)

    def show(self, found: Audit, page: Path | None) -> None:
        for one in found.datasets:
            self._dataset(one)
        opened = [finding.status for one in found.datasets for finding in one.open]
        self._line(
            Text(
                text(
                    "audit_total",
                    datasets=len(found.datasets),
                    problems=opened.count(Status.PROBLEM),
                    improvements=opened.count(Status.IMPROVE),
                )
            )
        )
        if page is not None:
            self._line(Text(text("audit_written", file=str(page))))

    def _dataset(self, one: Audited) -> None:
        facts: dict[str, Fact] = {"title": one.title or one.dataset}
        if one.score is None:
            self._line(Text(one.title or one.dataset, "bold"))
        else:
            facts["score"] = round(one.score * 100)
            self._line(Text(text("audit_heading", **facts), "bold"))
        if one.link:
            self._line(Text(f"  {one.link}", "dim"))
        shown = one.open or [each for each in one.findings if one.failed == each.reason]
        link = ""
        for finding in shown:
            if link and finding.link != link:
                self._edit(link)
            link = finding.link
            self._finding(finding)
        if link:
            self._edit(link)
        if not shown:
            self._line(Text(f"  {text('audit_nothing')}", "green"))
        for seen in one.thematic:
            if seen.reason == one.failed and one.score is None:
                continue  # said above
            state = text(f"visible.{seen.visible.value}")
            why = sentence(seen.reason)
            line = text("audit_site", site=seen.site.name, visible=state, reason=why)
            self._line(Text(f"  {line}", _SITES[seen.visible]))
        states = [finding.status for finding in one.findings]
        well, unknown = states.count(Status.OK), states.count(Status.UNKNOWN)
        self._line(Text(f"  {text('audit_well', count=well, unknown=unknown)}", "dim"))

    def _finding(self, one: Finding) -> None:
        line = Text("  ")
        line.append(f"{text(f'word.{one.status.value}'):<{self._width}} ", _STYLES[one.status])
        effort = text(f"effort.{one.effort.value}")
        facts: dict[str, Fact] = {"effort": effort, "advice": sentence(one.reason)}
        line.append(text("audit_finding", name=named(one), **facts))
        self._line(line)

    def _edit(self, link: str) -> None:
        self._line(Text(f"{self._below}{text('audit_edit', link=link)}", "dim"))

    def _line(self, line: Text) -> None:
        line.plain = in_sight(line.plain)
        self._console.print(line)


def named(one: Finding) -> str:
    """The criterion, and of which resource."""
    criterion = text(f"criterion.{one.criterion}")
    if not one.resource or not one.title:
        return criterion
    return text("audit_of_resource", criterion=criterion, title=one.title)
