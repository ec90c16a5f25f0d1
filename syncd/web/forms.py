"""What may be decided of a target or a dataset, as forms, and how that goes.

A form carries what it was made for; whether that still is so is looked at when it is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncd.actions import seen
from syncd.actions.status import PAUSED, StatusReport, TargetStatus
from syncd.core.records import Kept, Outcome, Publication, Row
from syncd.sync import pins
from syncd.text import sentence, text
from syncd.web.acting import NOTE, Acting, Doing, Verb, Wish
from syncd.web.rendering import address

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Button:
    verb: Verb
    words: str


@dataclass(frozen=True, slots=True)
class Form:
    """`why`: what the buttons do. `id`: one on its page."""

    id: str
    fields: Fields
    buttons: tuple[Button, ...]
    why: str
    has_note: bool = True
    note: int = NOTE  # letters at most


def about_target(one: TargetStatus, row: Row | None, number: int = 0) -> list[Form]:
    """What answers a hold, a file that somebody else put online, or a pin. `number`: of the form's
    target on its page."""
    if row is None or one.state == PAUSED:
        return []
    forms, title = [], one.title or one.object
    leave = Button("leave", text("page.act_leave", title=title))
    if pins.is_releasable(row):
        buttons = (Button("release", text("page.act_release", title=title)), leave)
        forms.append(
            _form(f"decide-{number}", one, seen.to_decide(row), buttons, "page.what_decides")
        )
    elif pins.may_be_left(row):
        forms.append(
            _form(f"leave-{number}", one, seen.to_decide(row), (leave,), "page.what_leaves")
        )
    if row.pin is not None:
        button = Button("unpin", text("page.act_unpin", title=title))
        forms.append(_form(f"unpin-{number}", one, seen.pin(row), (button,), "page.what_unpins"))
    return forms


def to_put_back(one: TargetStatus, row: Row | None, line: Publication, when: str) -> Form | None:
    """None where its bytes are not kept, or are online. `when`: which one it is, for a person."""
    if row is None or line.kept is Kept.NOWHERE or one.state == PAUSED:
        return None
    if row.published is not None and row.published.digest == line.judged.digest:
        return None
    button = Button("undo", text("page.act_undo", when=when, size=line.judged.digest.size))
    made = _form(f"undo-{line.id}", one, seen.online(row), (button,), "page.what_undoes")
    return Form(made.id, (*made.fields, ("to", str(line.id))), made.buttons, made.why)


def to_look(
    report: StatusReport, dataset: str, targets: Sequence[TargetStatus], number: int = 0
) -> Form | None:
    """None where no service would, or all of it is paused."""
    runs = report.service is not None or report.replicas
    if not runs or not dataset or all(one.state == PAUSED for one in targets):
        return None
    title = next((one.dataset_title for one in targets if one.dataset_title), dataset)
    button = Button("look", text("page.act_look", title=title))
    return Form(f"look-{number}", (("dataset", dataset),), (button,), "", has_note=False)


def is_as_shown(one: TargetStatus, row: Row) -> bool:
    """Whether a kept look says of the target what the ledger says now: else who decides by it
    decides about something that they were not shown."""
    since = row.judged.fingerprint.modified if row.judged and row.state is Outcome.HELD else None
    is_same = row.state.value == one.state and row.reason.code == one.reason.code
    facts = row.reason.facts.items() <= one.reason.facts.items()
    return is_same and facts and since in {None, one.since}


def _form(name: str, one: TargetStatus, shown: str, buttons: tuple[Button, ...], why: str) -> Form:
    return Form(name, (*_place(one), ("shown", shown)), buttons, text(why))


def _place(one: TargetStatus) -> Fields:
    if one.resource:
        return (("dataset", one.dataset), ("resource", one.resource))
    return (("dataset", one.dataset), ("object", one.object))


_DID: Mapping[Verb, str] = {
    "release": "page.did_release",
    "leave": "page.did_leave",
    "undo": "page.did_undo",
    "unpin": "page.did_unpin",
    "look": "page.did_look",
}

# -- how it goes -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    state: str  # as a shape of `charts`
    said: str


def news(acting: Acting, asked: Mapping[str, str]) -> News | None:
    """Of the last thing that was decided on the page at this address, if it was not long ago."""
    name = asked.get("resource", "") or asked.get("object", "")
    doing = acting.told((asked.get("dataset", ""), name))
    return _said(doing) if doing is not None else None


def _said(doing: Doing) -> News:
    verb = doing.wish.verb
    facts = {"by": doing.by, "date": doing.at.isoformat(), "what": text(_DID[verb])}
    if not doing.done.is_set():
        return News("unknown", text("page.under_way", **facts))
    if doing.trouble is not None:
        return News("failed", text("page.not_well", why=sentence(doing.trouble), **facts))
    follows = ""
    if verb in {"release", "unpin", "look"}:
        follows = text("page.next_service" if doing.service else "page.next_sync")
    return News("well", f"{text('page.done', **facts)} {follows}".strip())


def page_about(wish: Wish) -> str:
    """Where what becomes of it is seen."""
    if not (wish.resource or wish.object):
        return address("/dataset", dataset=wish.dataset)
    named = {"resource": wish.resource} if wish.resource else {"object": wish.object}
    return address("/resource", dataset=wish.dataset, **named)
