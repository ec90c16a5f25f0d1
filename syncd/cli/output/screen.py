"""Plans and reports for a person: one line per target, the reason below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from rich.text import Text

from syncd.actions.status import TargetStatus
from syncd.cli.output.writer import Writer
from syncd.core.preflight import Check, Grade
from syncd.core.reasons import Reason
from syncd.core.records import Outcome
from syncd.core.results import PLANNED, UNREAD, LeftAlone, Report, Result, Shapes
from syncd.text import finding, for_asker, layout, sentence, text
from syncd.text.figures import size
from syncd.text.summaries import summary_of

if TYPE_CHECKING:
    from syncd.actions.file_diff import FileDiff

_STYLES: Mapping[str, str] = {
    **dict.fromkeys(["unchanged", "unknown"], "dim"),
    **dict.fromkeys(["adopt", "adopted", "fetch"], "cyan"),
    **dict.fromkeys(["replace", "create", "replaced", "created"], "green"),
    "failed": "bold red",
    "ok": "green",
}
_GRADES: Mapping[Grade, str] = {
    Grade.OK: "green",
    Grade.WARNING: "yellow",
    Grade.PROBLEM: "bold red",
}
_AS_IT_IS = frozenset({Outcome.UNCHANGED, Outcome.PINNED, Outcome.LATE})  # nothing is sent
_MANY = 20  # unmapped objects shown before "… and N more"


class Screen(Writer):
    """Reports, plans and states, under a heading for each dataset."""

    def __init__(self) -> None:
        super().__init__()
        # A language has longer words than another.
        words = {UNREAD, *PLANNED.values(), *Outcome}
        self._width = max(len(text(f"word.{word}")) for word in words) + 1
        self._below = " " * (self._width + 3)

    def checks(self, checks: Iterable[Check]) -> None:
        for one in checks:
            line = Text("  ")
            line.append(f"{text(f'word.{one.grade.value}'):<{self._width}} ", _GRADES[one.grade])
            line.append(for_asker(one.reason))
            self._line(line, len(self._below))

    def plan(
        self,
        plan: Report,
        *,
        shown: Iterable[Reason] = (),
        diffs: Sequence[FileDiff | None] = (),
    ) -> None:
        """`shown`: causes that stand above already. `diffs`: one per result, or none."""
        pairs = zip_longest(plan.results, diffs)
        for heading, group in groupby(pairs, key=lambda pair: dataset_heading(pair[0])):
            self._heading(heading)
            for one, diff in group:
                self._target(one.planned, one, _sizes(one))
                self._shapes(one.shapes)
                if one.unread or one.outcome not in {Outcome.FAILED, Outcome.UNCHANGED}:
                    self._reasons(one.told, one.warnings)
                    self._link(one.link)
                if one.address and one.outcome in {Outcome.REPLACED, Outcome.CREATED}:
                    self._paragraph(text("plan_address", address=one.address))
                if diff is not None:
                    from syncd.cli.output.diff_screen import show_diff  # here: status shows none

                    show_diff(diff, self._below)
        said = {sentence(reason) for reason in shown}
        self._causes(one.told for one in plan.failures if sentence(one.reason) not in said)
        self._unmapped(plan.unmapped, plan.unmapped_count)
        self._paused(plan.paused)
        counts = {**plan.planned, **_some("failed", len(plan.failures))}
        self._summary({**counts, **_some("paused", len(plan.paused))})

    def sync(self, report: Report) -> None:
        for heading, group in groupby(report.results, key=dataset_heading):
            self._heading(heading)
            for one in group:
                sent = one.outcome in {Outcome.REPLACED, Outcome.CREATED}
                detail = size(one.size) if sent and one.size is not None else ""
                self._target(one.outcome.value, one, detail)
                if one.outcome not in {Outcome.FAILED, Outcome.UNCHANGED}:
                    self._reasons(one.told, one.warnings)
                    self._link(one.link)
        self._causes(one.told for one in report.failures)
        self._unmapped(report.unmapped, report.unmapped_count)
        self._paused(report.paused)
        self._summary({**report.summary, **_some("paused", len(report.paused))})

    def verified(self, report: Report) -> None:
        for heading, group in groupby(report.results, key=dataset_heading):
            self._heading(heading)
            for one in group:
                word = "ok" if one.outcome.is_well else one.outcome.value
                self._target(word, one, "")
                self._reasons(one.told, ())
                self._link(one.link)

    def _heading(self, heading: tuple[str, str]) -> None:
        name, page = heading
        line = Text()
        line.append(name, "bold")
        if page:
            line.append(f"  {page}", "dim")
        self._line(line)

    def _link(self, address: str) -> None:
        """Written out, as terminals let one click on it."""
        if address:
            self._paragraph(address, "dim")

    def _target(self, word: str, one: Result | TargetStatus, detail: str) -> None:
        title, key = one.title, self._label(one.object)
        line = Text("  ")
        line.append(f"{text(f'word.{word}'):<{self._width}} ", style_of(word))
        line.append(title or key)
        if title and title != one.object:
            line.append(f"  {key}", "dim")
        if detail:
            line.append(f"  {detail}")
        self._line(line, len(self._below))

    def _label(self, key: str) -> str:
        """The key where it only says which file is meant: on a terminal, no longer than a line."""
        room = self.columns and max(1, self.columns - len(self._below))
        return layout.shortened(key, room) if room else key

    def _shapes(self, shapes: Shapes | None) -> None:
        if shapes is None:
            return
        before, after = shapes.before, shapes.after
        counts = {
            "plan_columns": (before.columns, after.columns),
            "plan_rows": (before.rows, after.rows),
        }
        said = [
            text(key, before=was, now=now)
            for key, (was, now) in counts.items()
            if was is not None and now is not None
        ]
        if said:
            self._paragraph(", ".join(said))

    def _reasons(self, reason: Reason, warnings: Sequence[Reason]) -> None:
        self._paragraph(sentence(reason))
        for warning in warnings:
            self._paragraph(text("warning", what=finding(warning)), "yellow")

    def _paragraph(self, said: str, style: str = "") -> None:
        """Below the target that it is about."""
        self.say(f"{self._below}{said}", style, len(self._below))

    def _causes(self, reasons: Iterable[Reason]) -> None:
        """What failed, each cause said once, however many targets it stopped."""
        for cause, count in Counter(sentence(reason) for reason in reasons).items():
            many = " " + text("targets", count=count) if count > 1 else ""
            self._line(Text(f"{cause}{many}", "bold red"))

    def _unmapped(self, keys: Sequence[str], count: int) -> None:
        if not keys:
            return
        self.say(text("unmapped"))
        for key in keys[:_MANY]:
            self.name(f"  {key}", "dim")
        if count > _MANY:
            self.say("  " + text("more", count=count - _MANY))

    def _paused(self, left_alone: Sequence[LeftAlone]) -> None:
        """Said each time: whoever paused it may have forgotten."""
        for one in left_alone:
            word = f"{text('word.paused'):<{self._width}} "
            dataset, page = dataset_heading(one)
            named = text("status_named", dataset=dataset, title=one.object)
            line = Text("  ").append(word, style_of("paused"))
            line.append(named if one.object else dataset)
            self._line(line, len(self._below))
            self._paragraph(sentence(one.reason))
            self._link(page)

    def _summary(self, counts: Mapping[str, int]) -> None:
        self.say(text("summary", summary=summary_of(counts)) if counts else text("nothing_to_do"))


def style_of(word: str) -> str:
    return _STYLES.get(word, "yellow")


def dataset_heading(one: Result | TargetStatus | LeftAlone) -> tuple[str, str]:
    name = f"{one.dataset_title} ({one.dataset})" if one.dataset_title else one.dataset
    return name, one.dataset_page


def _sizes(one: Result) -> str:
    if one.listed_size is None or (one.outcome in _AS_IT_IS and not one.unread):
        return ""
    before = f"{size(one.previous_size)} → " if one.previous_size is not None else ""
    return f"{before}{size(one.listed_size)}"


def _some(word: str, count: int) -> dict[str, int]:
    return {word: count} if count else {}
