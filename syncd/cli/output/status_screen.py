"""What `syncd status` shows: for a morning what a person must do, else every target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.text import Text

from syncd.actions.needs import NAME, Need, Step, handles, kind_of, needs, paused, steps
from syncd.actions.status import PAUSED, StatusReport, TargetStatus
from syncd.cli.output.screen import Screen, dataset_heading, style_of
from syncd.core.activity import Work
from syncd.core.records import Outcome
from syncd.core.regular_expressions import regex
from syncd.core.service_records import Replica
from syncd.notify.alerts import UNCLAIMED
from syncd.text import command, finding, layout, text
from syncd.text.excerpts import columns
from syncd.text.figures import number
from syncd.text.summaries import doing, summary_of

_MOST = 20  # needs that are shown before "… and N more"
_PAUSES = 5  # what is paused
_NAMED = 3  # datasets that a replica works on
_WORKS = 5  # things under way
_LEAST = 12  # columns of a dataset's name
_MARGIN = "  "  # of what stands below a need
_SENTENCE_END = regex(r"(?<=[.!?]) ")
_COMMAND = regex("`syncd [^`]*`")


class StatusScreen(Screen):
    """`by`: the name that commands need not be given."""

    def __init__(self, by: str = "") -> None:
        super().__init__()
        self._by = by
        self._advice: set[str] = set()  # said on this screen
        self._named: Mapping[str, str] = {}

    def morning(self, status: StatusReport) -> None:
        """First the total, then what a person must do, the oldest first, then what is going on."""
        self._total(status)
        self._named = handles(status.resources)
        found = needs(status, self._by)
        for need in found[:_MOST]:
            self._need(need)
        rest = Counter(need.state for need in found[_MOST:] for _ in need.targets or [need])
        if rest:
            self.say(text("status_needs_more", count=rest.total(), states=summary_of(rest)))
        left_alone = paused(status)
        for need in left_alone[:_PAUSES]:
            self._need(need)
        if len(left_alone) > _PAUSES:
            self.say(text("more", count=len(left_alone) - _PAUSES))
        self._works(status)
        self._service(status)
        last = status.last_cycle
        when = text("status_last_run", date=last.started_at.isoformat()) if last else ""
        self.say(f"{when or text('status_no_cycle')} {text('status_rest')}", "dim")

    def whole(self, status: StatusReport) -> None:
        """Every target, under a heading for each dataset."""
        self._total(status)
        self._named = handles(status.resources)
        for heading, group in groupby(status.targets, key=dataset_heading):
            self._heading(heading)
            for one in group:
                self._target(one.state, one, _dates(one, status.service is not None))
                if one.state != Outcome.UNCHANGED.value:
                    todo = steps(one, self._named, self._by)
                    said = _shortly(finding(one.reason), one, self._named)
                    self._paragraph(_with_steps(said, todo))
                    self._link(one.link)
        for need in needs(status):
            if not need.targets:
                self._need(need)
        self._works(status)
        last = status.last_cycle
        if last is None:
            self.say(text("status_no_cycle"))
        else:
            when, summary = last.started_at.isoformat(), summary_of(last.summary)
            self.say(text("status_last_cycle", date=when, summary=summary))
        self._service(status)

    def _total(self, status: StatusReport) -> None:
        if not status.targets:
            return
        states = Counter(kind_of(one) for one in status.targets)
        said = [
            text(key, count=states[key])
            for key in ("status_needy", "status_well", "status_never")
            if states[key]
        ]
        for word in (Outcome.PINNED.value, PAUSED):  # what a person did, and may have forgotten
            if states[word]:
                said.append(f"{number(states[word])} {text(f'word.{word}', count=states[word])}")
        if status.unclaimed:
            said.append(text("status_unclaimed", count=len(status.unclaimed)))
        self.say(text("status_total", count=len(status.targets), states=", ".join(said)), "bold")

    def _need(self, need: Need) -> None:
        said = _shortly(finding(need.reason), need, self._named)
        names = [_name(need)]
        if len(need.targets) == 1 and need.targets[0].object not in f"{names[0]} {said}":
            names.append(need.targets[0].object)
        since = [] if need.since is None else [text("status_need", since=need.since.isoformat())]
        word = text(f"word.{need.state}") + layout.GAP
        if self.columns is not None:
            taken = sum(columns(one) + len(layout.GAP) for one in since)
            names = _side_by_side(need, names, self.columns - len(word) - taken)
        line = Text(word, style_of(need.state))
        line.append(layout.GAP.join([*names, *since]), "default")
        self._line(line, len(word))
        if need.state != UNCLAIMED:  # of which every sentence is about this one alone
            said = self._news(said)
        self.say(f"{_MARGIN}{_with_steps(said, need.steps)}", hanging=len(_MARGIN))

    def _news(self, said: str) -> str:
        """Without the advice that stands above already, word by word."""
        first, *advice = _SENTENCE_END.split(said)
        fresh = [one for one in advice if one not in self._advice]
        self._advice.update(advice)
        return " ".join((first, *fresh))

    def _works(self, status: StatusReport) -> None:
        if not status.works:
            return
        titles = {one.dataset: one.dataset_title for one in status.targets}
        for work in status.works[:_WORKS]:
            self.say(self._now(work, titles.get(work.dataset) or work.dataset))
        if len(status.works) > _WORKS:
            self.say(text("more", count=len(status.works) - _WORKS))

    def _now(self, work: Work, dataset: str) -> str:
        """On one line, where that takes no more than a shorter name of the dataset."""
        line = text("status_now", what=doing(work, dataset))
        beyond = columns(line) - (self.columns or columns(line))
        room = columns(dataset) - beyond
        if beyond <= 0 or room < _LEAST:
            return line
        return text("status_now", what=doing(work, layout.shortened(dataset, room)))

    def _service(self, status: StatusReport) -> None:
        service = status.service
        if service is None:
            self.say(text("status_no_service"))
            return
        facts = service.facts
        since = service.started_at.isoformat()
        self.say(text("status_service", pid=facts.get("pid"), host=facts.get("host"), date=since))
        others = [f"{one.host} (pid {one.pid})" for one in status.replicas if not one.leads]
        if others:
            self.say(text("status_replicas", count=len(others), names=", ".join(others)))
        titles = {one.dataset: one.dataset_title for one in status.targets}
        for one in status.replicas:
            self._replica(one, titles)
        if facts.get("manifest") == "held":
            self.say(text("status_manifest_held"))
        if facts.get("manifest") == "behind":
            self.say(text("status_manifest_behind"))
        if facts.get("first_problem"):
            self.say(text("status_manifest_bad", why=facts["first_problem"]))

    def _replica(self, one: Replica, titles: Mapping[str, str]) -> None:
        """What it does, and what sets it apart from the others."""
        who = f"{one.host} (pid {one.pid})"
        if one.works_on:
            names = [titles.get(dataset) or dataset for dataset in one.works_on[:_NAMED]]
            count, more = len(one.works_on), "…" if len(one.works_on) > _NAMED else ""
            listed = ", ".join(names) + more
            self.say(text("status_replica_works", count=count, who=who, names=listed))
        if not (one.able or one.leads or one.beside):
            self.say(text("status_replica_unable", who=who))
        elif one.other_manifest:
            mine = one.manifest_named or "?"
            self.say(text("status_replica_manifest", who=who, mine=mine))
        if one.other_version:
            self.say(text("status_replica_version", who=who, mine=one.version))


def _side_by_side(need: Need, names: list[str], width: int) -> list[str]:
    """As much of its title as can be, for that is what people know; then of its object's key."""
    title = _title(need)
    room = max(_LEAST, width - columns(title) - len(layout.GAP))
    named, *key = names
    named, *key = layout.side_by_side([named, *(layout.shortened(one, room) for one in key)], width)
    return [_name(need, columns(named)), *key]


def _title(need: Need) -> str:
    if not need.targets:
        return need.dataset_title or need.dataset or text("message.service")
    one, *others = need.targets
    return text("count.targets", count=len(need.targets)) if others else one.title or one.object


def _name(need: Need, width: int | None = None) -> str:
    """Its dataset and its title; where both are wider, less of the dataset, or none of it."""
    dataset, title = need.dataset_title or need.dataset, _title(need)
    named = title
    if dataset not in {"", title}:
        named = text("status_named", dataset=dataset, title=title)
    if width is None or columns(named) <= width:
        return named
    room = width - columns(named) + columns(dataset)
    if named == title or room < _LEAST:
        return layout.shortened(title, width)
    return text("status_named", dataset=layout.shortened(dataset, room), title=title)


def _shortly(said: str, about: Need | TargetStatus, named: Mapping[str, str]) -> str:
    """Its commands call the resource as those do that stand behind it."""
    one = about if isinstance(about, TargetStatus) else next(iter(about.targets), None)
    resource = one.resource if one else None
    if not resource:
        return said
    return _COMMAND.sub(lambda found: found[0].replace(resource, named[resource]), said)


def _with_steps(said: str, todo: tuple[Step, ...]) -> str:
    """But for the commands that the sentence has itself."""
    typed = [
        text(f"step.{one.why}", command=_quoted(one.command), look=_quoted(one.look))
        for one in todo
        if f"`{' '.join(one.command[:2])} " not in said
    ]
    return " ".join((said, *typed))


def _quoted(typed: Sequence[str]) -> str:
    return f"`{command(typed, NAME)}`"


def _dates(one: TargetStatus, is_running: bool) -> str:
    parts = []
    if one.last_published_at is not None:
        parts.append(text("status_published", date=one.last_published_at.isoformat()))
    if one.last_checked_at is not None:
        parts.append(text("status_checked", date=one.last_checked_at.isoformat()))
    if one.next_run is not None and is_running:
        parts.append(text("status_next", date=one.next_run.isoformat()))
    return ", ".join(parts)
