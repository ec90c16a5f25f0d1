"""What a person must be told, when, and by whom it is read. Pure.

An alert stands for one trouble of one target, or of the service itself. It is told when its state
changes, recalled once a day while it lasts, and told once more when it is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from syncd.core.reasons import Fact, because
from syncd.core.records import WELL, Outcome
from syncd.core.results import Result
from syncd.core.service_records import Alert
from syncd.text.producers import reaches_producers

RECOVERED = "recovered"
ONLINE = "online"  # a receipt: for the dataset's contact alone
UNCLAIMED = "unclaimed"  # an object that no target claims: told to those who run syncd, and once
RECALL = timedelta(days=1)
# What was told within this time of each other is recalled together.
_SAME_WAVE = timedelta(hours=1)

_WORST_FIRST: Mapping[str, int] = {
    state: rank
    for rank, state in enumerate(
        (
            Outcome.FAILED,
            Outcome.REFUSED,
            Outcome.HELD,
            Outcome.DRIFTED,
            Outcome.MISSING,
            Outcome.AMBIGUOUS,
            Outcome.LATE,
        )
    )
}

# Faces of one outage: a server that is down is slow, refuses, resets and lets time out by turns.
# A change from one to another of the same server is no news. Reasons begin with the edge that gave
# them (`portal_busy`); these are what comes after.
_PASSING = frozenset(
    {
        "answer_lost",
        "broken_answer",
        "busy",
        "cut",
        "fault",
        "garbled",
        "listing_broken",
        "server_error",
        "timeout",
        "unknown_host",
        "unreachable",
    }
)

_FAILURES = frozenset({"cycle_overdue", "dataset_late", "dataset_late_waiting", "key_expires_1"})
_BREAKS_SCHEMA = frozenset({"guard_schema", "guard_schema_new"})

TOLD_CONTACT = "told_contact"  # in `about`: the state that the contact heard of before this one

Kind = Literal["info", "warning", "failure"]  # by which chat rooms colour a message
Key = tuple[str, str]  # dataset, item


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be stored of alerts, and what forgotten."""

    changed: tuple[Alert, ...] = ()
    dropped: tuple[Alert, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.dropped)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message: what, and to whom. `contact`: "" = those who run syncd."""

    contact: str
    alerts: tuple[Alert, ...]


def key_of(alert: Alert) -> Key:
    return alert.dataset, alert.item


def is_over(alert: Alert) -> bool:
    return alert.state == RECOVERED


def is_receipt(alert: Alert) -> bool:
    return alert.state == ONLINE


def contact_of(alert: Alert) -> str:
    """The dataset's contact, where the alert is their business; else "".

    That is what they can mend or must know: never that the portal is down, or a key is wrong. Who
    heard of a trouble hears of its end, whatever came in between.
    """
    is_theirs = reaches_producers(alert.reason.code)
    if not alert.dataset or not (is_theirs or (is_over(alert) and TOLD_CONTACT in alert.about)):
        return ""
    return alert.about.get("contact", "")


def kind_of(told: Iterable[Alert]) -> Kind:
    """Failure: syncd cannot do its work. Warning: a person must look. Else info."""
    troubles = [alert for alert in told if not is_told_once(alert)]
    if any(a.state == Outcome.FAILED or a.reason.code in _FAILURES for a in troubles):
        return "failure"
    return "warning" if troubles else "info"


def is_told_once(alert: Alert) -> bool:
    """Good news: told, and then forgotten."""
    return is_over(alert) or is_receipt(alert)


# -- what changed --------------------------------------------------------------------------------


def after_cycle(
    known: Iterable[Alert],
    results: Sequence[Result],
    portal: str,
    dataset: str,
    contact: str,
    now: datetime,
    *,
    partial: bool = False,
    receipts: bool = False,
) -> Change:
    """What the results of one dataset's cycle change among its alerts.

    `dataset`: as the manifest has it. `partial`: the cycle did not look at every target, so that
    nothing follows from a target's absence. `receipts`: the contact is told of each file that goes
    online.
    """
    before = {a.item: a for a in known if a.dataset == dataset and _is_about_a_target(a)}
    found: dict[str, Alert] = {}
    waiting: set[str] = set()  # what was told of them stands until their object is old enough
    for result in results:
        alert = _alert(result, portal, dataset, contact, now)
        if result.settling and not result.outcome.is_well:
            waiting.add(alert.item)
            continue
        rival = found.get(alert.item)
        if rival is None or _badness(alert) < _badness(rival):
            found[alert.item] = alert
    changes = [_step(before.pop(item, None), alert, now) for item, alert in found.items()]
    before = {item: alert for item, alert in before.items() if item not in waiting}
    if receipts and contact:
        changes += [_receipt(r, portal, dataset, contact, now) for r in results if _is_new(r)]
    # What could not be looked at is not gone.
    if not partial and not any(r.outcome is Outcome.FAILED for r in results):
        changes += [_left(alert, now) for alert in before.values()]
    return _together(changes)


def after_listing(
    known: Iterable[Alert], dataset: str, unclaimed: Sequence[Alert], now: datetime
) -> Change:
    """What the objects that no target claims change among a dataset's alerts.

    `unclaimed`: all that there are beside its targets, as alerts.
    """
    before = {a.item: a for a in known if a.dataset == dataset and _is_about_unclaimed(a)}
    changes = [_step(before.pop(alert.item, None), alert, now) for alert in unclaimed]
    return _together([*changes, *(_over(alert, now) for alert in before.values())])


def raise_alert(known: Iterable[Alert], wanted: Alert) -> Change:
    """Something of the service itself, or of a dataset as a whole, is not well.

    `wanted.since` is now; it must not carry an `object` in `about`.
    """
    before = _same(known, key_of(wanted))
    return _step(before, wanted, wanted.since)


def clear_alert(known: Iterable[Alert], key: Key, now: datetime) -> Change:
    """It is well again."""
    before = _same(known, key)
    return _over(before, now) if before is not None else Change()


def forget_others(known: Iterable[Alert], datasets: Iterable[str]) -> Change:
    """Drop the alerts of datasets that the manifest no longer has, or that are paused."""
    watched = {"", *datasets}
    return Change(dropped=tuple(a for a in known if a.dataset not in watched))


def _same(known: Iterable[Alert], key: Key) -> Alert | None:
    return next((alert for alert in known if key_of(alert) == key), None)


def _together(changes: Sequence[Change]) -> Change:
    return Change(
        tuple(alert for change in changes for alert in change.changed),
        tuple(alert for change in changes for alert in change.dropped),
    )


def _alert(result: Result, portal: str, dataset: str, contact: str, now: datetime) -> Alert:
    about = {
        "dataset_title": result.dataset_title,
        "page": result.dataset_page,
        "title": result.title,
        "object": result.object,
        "link": result.link,
        "contact": contact,
    }
    item = result.resource or result.object
    return Alert(portal, dataset, item, result.outcome.value, result.reason, about, now)


def _is_new(result: Result) -> bool:
    return result.outcome in {Outcome.REPLACED, Outcome.CREATED}


def _receipt(result: Result, portal: str, dataset: str, contact: str, now: datetime) -> Change:
    """Beside the target's own alert; a newer file's takes the place of one not told yet."""
    alert = _alert(result, portal, dataset, contact, now)
    facts: dict[str, Fact] = {
        "key": result.object,
        "size": result.size,
        "sha1": result.sha1,
    }
    breaks = next((one.facts for one in result.warnings if one.code in _BREAKS_SCHEMA), None)
    if breaks is None:
        reason = because("receipt", **facts)
    else:
        reason = because(
            "receipt_schema", **facts, schema=breaks["schema"], errors=breaks["errors"]
        )
    item = f"{ONLINE} {alert.item}"
    return Change(changed=(replace(alert, item=item, state=ONLINE, reason=reason),))


def _is_about_a_target(alert: Alert) -> bool:
    mine = is_receipt(alert) or _is_about_unclaimed(alert)
    return "object" in alert.about and not mine


def _is_about_unclaimed(alert: Alert) -> bool:
    return UNCLAIMED in {alert.state, alert.about.get("was")}


def _step(before: Alert | None, found: Alert, now: datetime) -> Change:
    if found.state in WELL:
        return _over(before, now, found.about) if before is not None else Change()
    if before is None or is_over(before) or _trouble(before) != _trouble(found):
        return Change(changed=(_as_contact_knows(before, found),))
    about = _fresher(before.about, found.about)
    still = replace(found, about=about, since=before.since, told_at=before.told_at)
    return Change(changed=(still,)) if still != before else Change()


def _as_contact_knows(before: Alert | None, found: Alert) -> Alert:
    """Where a trouble that the contact heard of gives way to one that is none of their business."""
    if before is None or is_over(before) or contact_of(found):
        return found
    heard = before.about.get(TOLD_CONTACT, "")
    if before.told_at is not None and contact_of(before):
        heard = before.state
    return replace(found, about={**found.about, TOLD_CONTACT: heard}) if heard else found


def _over(before: Alert, now: datetime, about: Mapping[str, str] | None = None) -> Change:
    """Who was told of the trouble is told of its end; otherwise it is nobody's business."""
    if is_over(before):
        return Change()
    if before.told_at is None:
        return Change(dropped=(before,))
    words = {**_fresher(before.about, about or {}), "was": before.state}
    over = replace(before, state=RECOVERED, about=words, since=now, told_at=None)
    return Change(changed=(over,))


def _left(alert: Alert, now: datetime) -> Change:
    """The target is no longer among the results.

    One without a resource stood for a pattern, or for a file that has its resource by now: its
    trouble is over. Any other was taken out of the manifest.
    """
    if is_over(alert):
        return Change()
    if alert.item == alert.about["object"]:
        return _over(alert, now)
    return Change(dropped=(alert,))


def _trouble(alert: Alert) -> tuple[str, str]:
    """What must differ for a change to be worth telling."""
    if alert.state == UNCLAIMED:
        return alert.state, ""  # which target is nearest may change with the manifest
    code = alert.reason.code
    edge, _, fault = code.partition("_")
    passing = fault in _PASSING and alert.state != Outcome.HELD  # what is held, a guard holds
    return alert.state, edge if passing else code


def _fresher(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """A dataset that cannot be worked on knows less of itself than before; but who is its contact
    is always known."""
    given = {name: value for name, value in new.items() if value or name == "contact"}
    return {**old, **given}


# -- when, and to whom ---------------------------------------------------------------------------


def due(alerts: Iterable[Alert], now: datetime, recall: timedelta = RECALL) -> tuple[Alert, ...]:
    """Those that nobody was told of yet; and once a day, those that last and are no mere news."""
    alerts = tuple(alerts)
    fresh = tuple(a for a in alerts if a.told_at is None)
    recalled = (a for a in alerts if a.state != UNCLAIMED and not is_told_once(a))
    lasting = [a for a in recalled if a.told_at is not None]

    def told_before(alert: Alert, span: timedelta) -> bool:
        # Also when the clock was far ahead as it was told.
        return alert.told_at is not None and abs(now - alert.told_at) >= span

    if not any(told_before(a, recall) for a in lasting):
        return fresh
    return (*fresh, *(a for a in lasting if told_before(a, recall - min(recall, _SAME_WAVE))))


def deliveries(alerts: Iterable[Alert], ops: bool, contacts: bool) -> tuple[Delivery, ...]:
    """One message for those who run syncd, with everything but receipts; one for each contact,
    with what is their business."""
    ordered = in_order(alerts)
    troubles = tuple(alert for alert in ordered if not is_receipt(alert))
    found = [Delivery("", troubles)] if ops and troubles else []
    if contacts:
        mine: dict[str, list[Alert]] = {}
        for alert in ordered:
            if contact := contact_of(alert):
                mine.setdefault(contact, []).append(alert)
        found += [Delivery(contact, tuple(mine[contact])) for contact in sorted(mine)]
    return tuple(found)


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Worst first, then as the datasets are called."""
    return tuple(
        sorted(
            alerts,
            key=lambda a: (
                _badness(a),
                a.about.get("dataset_title", "").casefold(),
                a.dataset,
                a.item,
            ),
        )
    )


def _badness(alert: Alert) -> int:
    if is_told_once(alert) or alert.state in WELL:
        return len(_WORST_FIRST) + 1
    # What the service says of itself has states of its own.
    return _WORST_FIRST.get(alert.state, len(_WORST_FIRST))
