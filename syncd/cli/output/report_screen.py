"""The monthly report for a person: in short, then each dataset of which something is to be said."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.actions.report import DatasetMonth, Delay, MonthReport
from syncd.cli.output.writer import Writer
from syncd.core.reasons import Fact
from syncd.text import text


def show(found: MonthReport) -> None:
    screen = Writer()
    screen.say(title(found), "bold")
    screen.say(in_short(found))
    for one in found.datasets:
        if not one.is_quiet:
            screen.say("")
            screen.say(named(one), "bold")
            for line in said(one):
                screen.say(f"  {line}")
    quiet = sum(one.is_quiet for one in found.datasets)
    screen.say("")
    if quiet:
        screen.say(text("report_quiet", count=quiet))
    for note in notes(found):
        screen.say(note, "dim")


def title(found: MonthReport) -> str:
    month = text(f"month.{found.month.month}")
    return text("report_title", month=month, year=str(found.month.year), zone=found.timezone)


def named(one: DatasetMonth) -> str:
    return one.title or one.dataset


def in_short(found: MonthReport) -> str:
    counts = [one.counts for one in found.datasets]
    return text(
        "report_short",
        published=sum(one.published for one in counts),
        datasets=sum(one.published > 0 for one in counts),
        size=sum(one.size for one in counts),
        released=sum(one.released for one in counts),
        undone=sum(one.undone for one in counts),
        held=sum(one.held for one in found.datasets),
        late=sum(len(one.delays) for one in found.datasets),
        uploads=sum(one.failed for one in found.datasets),
        failed=found.failed_cycles,
    )


def said(one: DatasetMonth) -> Iterator[str]:
    """A line for each thing that happened."""
    counts = one.counts
    if counts.published:
        facts = {"count": counts.published, "created": counts.created, "size": counts.size}
        yield text("report_published", **facts)
    told = {
        "report_adopted": counts.adopted,
        "report_released": counts.released,
        "report_undone": counts.undone,
        "report_failed": one.failed,
        "report_held": one.held,
    }
    yield from (text(name, count=count) for name, count in told.items() if count)
    yield from map(delayed, one.delays)
    if one.open:
        states = ", ".join(text("report_state", state=state, count=n) for state, n in one.open)
        yield text("report_open", states=states)


def delayed(delay: Delay) -> str:
    facts: dict[str, Fact] = {
        "title": delay.title,
        "due": delay.due.isoformat(),
        "count": delay.days,
    }
    if delay.came is None:
        return text("report_late_still", **facts)
    return text("report_late", came=delay.came.isoformat(), **facts)


def notes(found: MonthReport) -> Iterator[str]:
    """How far the figures go, and what nobody kept."""
    if not found.is_over:
        yield text("report_not_over")
    if found.begins is not None and found.begins > found.month.start:
        yield text("report_begins", date=found.begins.isoformat())
    for at in found.restored:
        yield text("report_restored", date=at.isoformat())
    if found.cycles_from is not None and found.cycles_from > found.month.start:
        yield text("report_cycles_from", date=found.cycles_from.isoformat())
    yield text("report_note_held")
    yield text("report_note_late")
    yield text("report_note_today")
