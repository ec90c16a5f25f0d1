"""The text of a notification, in plain text: mails and chat rooms alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from syncd.core.reasons import Fact, Reason
from syncd.core.service_records import Alert
from syncd.core.unseen import on_one_line
from syncd.notify.alerts import TOLD_CONTACT, Delivery, is_over, is_receipt, is_told_once
from syncd.text import for_producers, names_its_target, sentence, text
from syncd.text.figures import date
from syncd.text.screens import SCREENS

MOST_TARGETS = 50  # lines about targets in one message
MOST_NAMES = 5  # names in one such line
SHARED_FROM = 4  # one trouble of that many datasets is told once
SUBJECT_LENGTH = 140

# What the internal network looks like is nobody's business outside of it.
_INTERNAL = ("endpoint", "proxy")


Told = Callable[[Reason], str]  # the words for whoever reads it


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Alerts with one trouble; told in one line."""

    alerts: tuple[Alert, ...]

    @property
    def first(self) -> Alert:
        return self.alerts[0]

    @property
    def datasets(self) -> list[Alert]:
        """The first alert of each dataset."""
        return list({alert.dataset: alert for alert in reversed(self.alerts)}.values())[::-1]


def message(delivery: Delivery, link: Callable[[str, str], str] = lambda _, __: "") -> Message:
    """What to write to one recipient. `link`: where the contact of a dataset reads of its deposits,
    by the dataset and the contact; "" where nowhere."""
    groups = _groups(delivery.alerts)
    told = for_producers if delivery.contact else sentence
    paragraphs: list[str] = []
    room, heading, left = MOST_TARGETS, "", 0
    for group in groups:
        if room == 0:
            left += len(group.alerts)
            continue
        room -= 1
        lines = _shared(group, told) if _is_shared(group) else _own(group, told)
        above = "" if _is_shared(group) else _heading(group.first)
        if above and delivery.contact and group.first.dataset:
            address = link(group.first.dataset, delivery.contact)
            above += "\n" + text("message.deposits", address=address) if address else ""
        if above and above != heading:
            lines = [*above.splitlines(), *lines]
        joined = bool(above) and above == heading
        heading = above
        paragraphs.append(("" if joined else "\n") + "\n".join(lines))
    if left:
        paragraphs.append("\n" + text("message.more", count=left))
    end = "message.contact_end" if delivery.contact else "message.end"
    body = "\n".join([*paragraphs, "", text(end)]).strip() + "\n"
    return Message(_one_line(_subject(groups), SUBJECT_LENGTH), body)


def test_message() -> Message:
    """What an address is tried with: nothing that anybody has to act on."""
    return Message(text("message.test_subject"), text("message.test_body") + "\n")


# -- the subject ---------------------------------------------------------------------------------


def _subject(groups: Sequence[_Group]) -> str:
    """The most important thing, in one line. `groups` begin with the worst."""
    troubles = [group for group in groups if not is_told_once(group.first)]
    receipts = [group for group in groups if is_receipt(group.first)]
    shown = troubles or receipts or groups
    count = sum(len(group.alerts) for group in shown)
    datasets = len({alert.dataset for group in shown for alert in group.alerts})
    first = shown[0].first
    facts: dict[str, Fact] = {
        "count": count,
        "datasets": datasets,
        "what": _name_of_dataset(first) or _said(first.reason),
        "state": _state(first),
    }
    kind = "many" if datasets > 1 else "some" if count > 1 else "one"
    if not first.dataset and datasets == 1:
        kind = "service"
    if not troubles and receipts:
        return text(f"message.subject_online_{kind}", **facts)
    if not troubles:
        return text(f"message.subject_over_{kind}", **facts)
    subject = text(f"message.subject_{kind}", **facts)
    if all(group.first.told_at is not None for group in troubles):
        return text("message.subject_recall", subject=subject)
    return subject


# -- the body ------------------------------------------------------------------------------------


def _groups(alerts: Iterable[Alert]) -> list[_Group]:
    """Alerts in their order, those with one trouble together, those of one dataset after another."""
    alerts = tuple(alerts)
    shared = {
        trouble
        for trouble, group in _by(alerts, _trouble).items()
        if len({alert.dataset for alert in group}) >= SHARED_FROM
    }
    common = [alert for alert in alerts if _trouble(alert) in shared]
    others = [alert for alert in alerts if _trouble(alert) not in shared]
    groups = [_Group(tuple(group)) for group in _by(common, _trouble).values()]
    for mine in _by(others, lambda a: (is_over(a), is_receipt(a), a.dataset)).values():
        groups += [_Group(tuple(group)) for group in _by(mine, _trouble).values()]
    return sorted(groups, key=lambda group: (is_told_once(group.first), is_over(group.first)))


def _by(
    alerts: Iterable[Alert], key: Callable[[Alert], tuple[object, ...]]
) -> dict[tuple[object, ...], list[Alert]]:
    found: dict[tuple[object, ...], list[Alert]] = {}
    for alert in alerts:
        found.setdefault(key(alert), []).append(alert)
    return found


def _trouble(alert: Alert) -> tuple[object, ...]:
    if is_over(alert):
        return (alert.state,)
    if is_receipt(alert):
        return alert.state, alert.dataset, alert.item
    facts = tuple(sorted((k, str(v)) for k, v in alert.reason.facts.items() if k != "request_id"))
    own = alert.item if names_its_target(alert.reason) else ""
    return alert.state, alert.reason.code, facts, own, alert.told_at is not None


def _is_shared(group: _Group) -> bool:
    return len(group.datasets) > 1


def _shared(group: _Group, told: Told) -> list[str]:
    """One trouble of many datasets."""
    first = group.first
    key = "message.over_shared" if is_over(first) else "message.shared"
    facts: dict[str, Fact] = {
        "count": len(group.alerts),
        "datasets": len(group.datasets),
        "state": _state(first),
        "since": _since(group),
    }
    lines = [f"- {text(key, **facts)}"]
    if not is_over(first):
        lines.append(f"  {_said(_common(group), told)}")
    names = [_one_line(_name_of_dataset(alert) or alert.dataset) for alert in group.datasets]
    return [*lines, *(f"  · {name}" for name in _cut(names))]


def _own(group: _Group, told: Told) -> list[str]:
    """One trouble of one dataset, or of the service itself."""
    first = group.first
    facts: dict[str, Fact] = {
        "state": _state(first),
        "was": _word(_was(first, told)),
        "since": _since(group),
        "count": len(group.alerts),
        "what": _name(first),
    }
    over = is_over(first)
    if len(group.alerts) > 1:
        lines = [f"- {text('message.over_several' if over else 'message.several', **facts)}"]
    elif facts["what"]:
        lines = [f"- {text('message.over_target' if over else 'message.target', **facts)}"]
    else:
        lines = [f"- {text('message.over_whole' if over else 'message.whole', **facts)}"]
    if not over:
        lines.append(f"  {_said(_common(group), told)}")
    if len(group.alerts) > 1:
        lines += [f"  · {name}" for name in _cut([_name(alert) for alert in group.alerts])]
    elif first.about.get("link"):
        lines.append(f"  {_one_line(first.about['link'])}")
    return lines


def _heading(alert: Alert) -> str:
    """The dataset's title and page."""
    if not alert.dataset:
        return text("message.service")
    lines = [_one_line(_name_of_dataset(alert)), _one_line(alert.about.get("page", ""))]
    return "\n".join(line for line in lines if line)


def _was(alert: Alert, told: Told) -> str:
    """The state that the reader heard of."""
    was = alert.about.get("was", "")
    return alert.about.get(TOLD_CONTACT, was) if told is for_producers else was


def _name(alert: Alert) -> str:
    if f"item.{alert.item}" in SCREENS and not alert.dataset:
        return text(f"item.{alert.item}")
    title, key = (_one_line(alert.about.get(name, "")) for name in ("title", "object"))
    return text("message.name", title=title, object=key) if title and key else title or key


def _name_of_dataset(alert: Alert) -> str:
    return alert.about.get("dataset_title", "") or alert.dataset


def _since(group: _Group) -> str:
    since = date(min(alert.since for alert in group.alerts).isoformat())
    recalled = group.first.told_at is not None and not is_told_once(group.first)
    return text("message.recalled", since=since) if recalled else since


def _state(alert: Alert) -> str:
    return _word(alert.state)


def _word(state: str) -> str:
    """A state that this version has no word for is shown as it is."""
    return text(f"word.{state}") if f"word.{state}" in SCREENS else state


def _common(group: _Group) -> Reason:
    """The reason of all of them; the number of one request would be wrong for the others."""
    first = group.first
    reason = first.reason.about(target=first.item, dataset=first.dataset)
    if len(group.alerts) > 1 and "request_id" in reason.facts:
        return replace(reason, facts={**reason.facts, "request_id": ""})
    return reason


def _said(reason: Reason, told: Told = sentence) -> str:
    """The reason's sentence by `told`, without the addresses of internal servers."""
    shown: dict[str, Fact] = dict(reason.facts)
    written: list[str] = []
    for name in _INTERNAL:
        address = shown.get(name)
        if not isinstance(address, str) or not address:
            continue
        stands_for = text(f"message.{name}")
        written.append(stands_for)
        bare = address.partition("://")[2] or address
        for fact, value in shown.items():
            if isinstance(value, str):
                shown[fact] = value.replace(address, stands_for).replace(bare, stands_for)
    said = _one_line(told(replace(reason, facts=shown)))
    begins = any(said.startswith(words) for words in written)
    return said[:1].upper() + said[1:] if begins else said


def _cut(names: Sequence[str]) -> list[str]:
    left = len(names) - MOST_NAMES
    if left <= 1:
        return list(names)
    return [*names[:MOST_NAMES], text("message.more", count=left)]


def _one_line(words: str, length: int = 2000) -> str:
    """Titles and keys are other people's: no line breaks, nothing that a mail's header ends at."""
    flat = " ".join(on_one_line(words).split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
