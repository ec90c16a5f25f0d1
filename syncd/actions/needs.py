"""What a person must do, by what `status` found: the oldest first, each with what to type. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from syncd.actions.status import NEVER, PAUSED, StatusReport, TargetStatus
from syncd.core.reasons import WHOSE, Reason
from syncd.core.records import Outcome
from syncd.notify.alerts import UNCLAIMED

Why = Literal["release", "force", "again", "after", "history"]
NAME = "NAME"  # stands in a command for a person's own
_SHORT = 6  # characters of a resource id, at least
_NEEDY = frozenset(outcome.value for outcome in Outcome if not outcome.is_well)
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what it is for. `look`: what to type before it."""

    why: Why
    command: tuple[str, ...]
    look: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """What concerns several targets in the same way is one. Without any: a whole dataset, or, with
    an empty `dataset`, the service itself."""

    state: str
    reason: Reason
    since: datetime | None
    dataset: str
    dataset_title: str
    targets: tuple[TargetStatus, ...]
    steps: tuple[Step, ...]


def is_needy(one: TargetStatus) -> bool:
    return one.state in _NEEDY


def kind_of(one: TargetStatus) -> str:
    """What it is counted as: a state that a person made, and may have forgotten, or words."""
    if one.state in {PAUSED, Outcome.PINNED}:
        return one.state
    if one.state == NEVER:
        return "status_never"
    return "status_needy" if is_needy(one) else "status_well"


def needs(status: StatusReport, by: str = "") -> list[Need]:
    """`by`: the name that commands need not be given."""
    named = handles(status.resources)
    together: dict[object, list[TargetStatus]] = {}
    for one in filter(is_needy, status.targets):
        cause = (one.state, *_cause(one.reason))
        together.setdefault(cause, []).append(one)
    found = [_need(targets, named, by) for targets in together.values()]
    for trouble in status.troubles:
        again = ("syncd", "sync", "--dataset", trouble.dataset)
        steps = (Step("again", again),) if trouble.dataset and trouble.state == "failed" else ()
        facts = (trouble.state, trouble.reason, trouble.since, trouble.dataset, trouble.title)
        found.append(Need(*facts, (), steps))
    titles = {one.dataset: one.dataset_title for one in status.targets}
    for stray in status.unclaimed:
        facts = (UNCLAIMED, stray.reason, stray.since, stray.dataset, titles.get(stray.dataset, ""))
        found.append(Need(*facts, (), ()))
    return sorted(found, key=lambda need: need.since or _LAST)


def paused(status: StatusReport) -> list[Need]:
    """What is left alone for now: what one reason stops is one."""
    together: dict[object, list[TargetStatus]] = {}
    for one in status.targets:
        if one.state == PAUSED:
            together.setdefault((one.dataset, *_cause(one.reason)), []).append(one)
    return [
        Need(PAUSED, first.reason, None, first.dataset, first.dataset_title, (first, *more), ())
        for first, *more in together.values()
    ]


def _cause(reason: Reason) -> tuple[str, ...]:
    """Whose it is apart."""
    facts = (item for item in reason.facts.items() if item[0] not in WHOSE)
    return (reason.code, *sorted(map(str, facts)))


def _need(targets: Sequence[TargetStatus], named: Mapping[str, str], by: str) -> Need:
    first, is_alone = targets[0], len(targets) == 1
    reason = first.reason
    if not is_alone:  # no command of one of them stands for all
        reason = Reason(reason.code, {k: v for k, v in reason.facts.items() if k != "target"})
    one_dataset = len({one.dataset for one in targets}) == 1
    return Need(
        first.state,
        reason,
        min((one.since for one in targets if one.since), default=None),
        first.dataset if one_dataset else "",
        first.dataset_title if one_dataset else "",
        tuple(targets),
        steps(first, named, by) if is_alone else _steps_of_many(targets),
    )


def steps(one: TargetStatus, named: Mapping[str, str], by: str = "") -> tuple[Step, ...]:
    """What to type about one target that is not well; nothing where it is."""
    target = named.get(one.resource or "", one.resource) or one.object
    who = () if by else ("--by", NAME)
    look = ("syncd", "diff", target)
    if not is_needy(one):
        return ()
    if one.releasable:
        return (Step("release", ("syncd", "release", target, *who), look),)
    match one.state:
        case Outcome.DRIFTED:
            force = ("syncd", "sync", "--resource", target, "--force", *who)
            return (Step("force", force, look),)
        case Outcome.LATE:
            return (Step("history", ("syncd", "history", target)),)
        case Outcome.FAILED:
            return (Step("again", ("syncd", "sync", "--resource", target)),)
    return (Step("after", ("syncd", "sync", "--resource", target)),)


def _steps_of_many(targets: Sequence[TargetStatus]) -> tuple[Step, ...]:
    why: Why = "again" if targets[0].state == Outcome.FAILED else "after"
    datasets = {one.dataset for one in targets}
    about = ("--dataset", *datasets) if len(datasets) == 1 else ()
    return (Step(why, ("syncd", "sync", *about)),)


def handles(resources: Collection[str]) -> dict[str, str]:
    """Each resource's id, as short as it can be typed and still mean one alone."""
    most = max(map(len, resources), default=0)
    lengths = range(_SHORT, most + 1, 2)
    different = len(set(resources))
    enough = (n for n in lengths if len({one[:n] for one in resources}) == different)
    length = next(enough, most)
    return {one: one[:length] for one in resources}
