"""What a person must decide, the oldest first, and what is left alone for now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.actions.needs import NAME, Need, kind_of, paused
from syncd.actions.status import PAUSED, StatusReport, TargetStatus
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.records import Outcome
from syncd.notify.alerts import UNCLAIMED
from syncd.text import command, finding, text
from syncd.text.figures import number
from syncd.web.forms import Form, about_target, is_as_shown, to_look
from syncd.web.paging import page_of
from syncd.web.reading import Look, Reading
from syncd.web.rendering import address

EACH = 25  # needs on a page
_NAMED = 5  # targets of one need
_DECIDED_HERE = frozenset({Outcome.HELD, Outcome.DRIFTED})


@dataclass(frozen=True, slots=True)
class Item:
    state: str
    title: str
    dataset: str  # its title
    keys: tuple[str, ...]  # of the objects concerned, the first ones
    more: int  # of them
    since: datetime | None
    said: str
    commands: tuple[str, ...]
    links: tuple[tuple[str, str], ...]  # where, and the key of what it is called
    forms: tuple[Form, ...] = ()
    look: Form | None = None  # to have its dataset looked at now


def shown(
    look: Look, reading: Reading, ledger: ServiceLedger, asked: Mapping[str, str]
) -> dict[str, object]:
    found = page_of(look.needs, asked.get("page", ""), EACH)
    items = [
        replace(
            _item(need),
            forms=tuple(_forms(look, reading, ledger, need, number)),
            look=_to_look(look, need, number),
        )
        for number, need in enumerate(found.items)
    ]
    return {
        "total": total(look.report),
        "page": found,
        "items": items,
        "paused": [_item(need) for need in paused(look.report)[:EACH]],
        "has_service": look.report.service is not None,
        "cycle": look.report.last_cycle,
    }


def total(report: StatusReport) -> str:
    """How many there are, and how they are."""
    counts = Counter(map(kind_of, report.targets))
    said = [
        text(key, count=counts[key])
        for key in ("status_needy", "status_well", "status_never")
        if counts[key]
    ]
    said += [
        f"{number(counts[state])} {text(f'word.{state}', count=counts[state])}"
        for state in (Outcome.PINNED.value, PAUSED)
        if counts[state]
    ]
    if report.unclaimed:
        said.append(text("status_unclaimed", count=len(report.unclaimed)))
    return text("status_total", count=len(report.targets), states=", ".join(said))


def _item(need: Need) -> Item:
    targets = need.targets
    keys = [one.object for one in targets] or _keys(need)
    return Item(
        state=need.state,
        title=_title(need),
        dataset=need.dataset_title or need.dataset,
        keys=tuple(keys[:_NAMED]),
        more=max(0, len(keys) - _NAMED),
        since=need.since,
        said=finding(need.reason),
        commands=commands(need),
        links=tuple(_links(need)),
    )


def _forms(
    look: Look, reading: Reading, ledger: ServiceLedger, need: Need, number: int
) -> list[Form]:
    if len(need.targets) != 1 or need.state not in _DECIDED_HERE:
        return []
    (one,) = need.targets
    row = reading.row(look, ledger, one)
    return about_target(one, row, number) if row is not None and is_as_shown(one, row) else []


def _to_look(look: Look, need: Need, number: int) -> Form | None:
    """Where a look may find it better: not where somebody must decide, or write the manifest."""
    if need.state in {Outcome.HELD, UNCLAIMED}:
        return None
    return to_look(look.report, need.dataset, need.targets, number)


def _keys(need: Need) -> list[str]:
    key = need.reason.facts.get("key")
    return [key] if need.state == UNCLAIMED and isinstance(key, str) else []


def _title(need: Need) -> str:
    if not need.targets:
        return need.dataset_title or need.dataset or text("message.service")
    one, *others = need.targets
    return text("count.targets", count=len(need.targets)) if others else one.title or one.object


def commands(need: Need) -> tuple[str, ...]:
    """What to type, for who may not decide here, and for what is not decided on a page."""
    return tuple(
        text(f"step.{one.why}", command=_typed(one.command), look=_typed(one.look))
        for one in need.steps
    )


def _typed(words: Iterable[str]) -> str:
    return f"`{command(words, NAME)}`"


def _links(need: Need) -> Iterable[tuple[str, str]]:
    if len(need.targets) == 1:
        (one,) = need.targets
        if one.state == Outcome.HELD:
            yield address("/decision", **place(one)), "page.look_decision"
        yield address("/resource", **place(one)), "page.look_resource"
    if need.dataset:
        yield address("/dataset", dataset=need.dataset), "page.look_dataset"


def place(one: TargetStatus) -> dict[str, str]:
    """As an address of the page names it."""
    if one.resource:
        return {"dataset": one.dataset, "resource": one.resource}
    return {"dataset": one.dataset, "object": one.object}
