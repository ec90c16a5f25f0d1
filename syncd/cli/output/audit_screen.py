"""The audit for a person at a terminal: what to do first, first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

from syncd.audit import Audit, Audited, Finding, Rating, Visible
from syncd.audit.wording import named
from syncd.cli.output.writer import Writer
from syncd.core.reasons import Fact
from syncd.text import sentence, text

_STYLES: Mapping[Rating, str] = {
    Rating.OK: "green",
    Rating.IMPROVE: "yellow",
    Rating.PROBLEM: "bold red",
    Rating.UNKNOWN: "dim",
}
_SITES: Mapping[Visible, str] = {
    Visible.YES: "green",
    Visible.NOT_YET: "yellow",
    Visible.NO: "bold red",
    Visible.UNKNOWN: "dim",
}


class AuditScreen(Writer):
    def __init__(self) -> None:
        super().__init__()
        # A language has longer words than another.
        self._width = max(10, *(len(text(f"word.{status}")) + 1 for status in Rating))
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
                    problems=opened.count(Rating.PROBLEM),
                    improvements=opened.count(Rating.IMPROVE),
                )
            )
        )
        if page is not None:
            self._line(Text(text("audit_written", file=str(page))))

    def _dataset(self, one: Audited) -> None:
        facts: dict[str, Fact] = {"title": one.title or one.dataset}
        if one.score is None:
            self.say(one.title or one.dataset, "bold")
        else:
            facts["score"] = round(one.score * 100)
            self.say(text("audit_heading", **facts), "bold")
        if one.link:
            self.say(f"  {one.link}", "dim")
        link = ""
        for finding in one.first:
            if link and finding.link != link:
                self._edit(link)
            link = finding.link
            self._finding(finding)
        if link:
            self._edit(link)
        if not one.first:
            self.say(f"  {text('audit_nothing')}", "green")
        for seen in one.thematic:
            if seen.reason == one.failed and one.score is None:
                continue  # said above
            state = text(f"visible.{seen.visible.value}")
            why = sentence(seen.reason)
            line = text("audit_site", site=seen.site.name, visible=state, reason=why)
            self.say(f"  {line}", _SITES[seen.visible])
        states = [finding.status for finding in one.findings]
        well, unknown = states.count(Rating.OK), states.count(Rating.UNKNOWN)
        self.say(f"  {text('audit_well', count=well, unknown=unknown)}", "dim")

    def _finding(self, one: Finding) -> None:
        line = Text("  ")
        line.append(f"{text(f'word.{one.status.value}'):<{self._width}} ", _STYLES[one.status])
        effort = text(f"effort.{one.effort.value}")
        facts: dict[str, Fact] = {"effort": effort, "advice": sentence(one.reason)}
        line.append(text("audit_finding", name=named(one), **facts))
        self._line(line, len(self._below))

    def _edit(self, link: str) -> None:
        self.say(f"{self._below}{text('audit_edit', link=link)}", "dim")
