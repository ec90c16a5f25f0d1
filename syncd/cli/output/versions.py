"""Which file of a resource is meant: its number in the history, its day, its size, its rows."""

from __future__ import annotations

from typing import Any

from syncd.actions.undo import ShownFile, Step
from syncd.cli.output.writer import Writer
from syncd.core.instants import iso
from syncd.text import text


def version_document(one: ShownFile) -> dict[str, Any]:
    return {
        "number": one.number,
        "date": iso(one.at),
        "size": one.size,
        "rows": one.rows,
        "sha1": one.sha1,
    }


def step_document(step: Step) -> dict[str, Any]:
    return {"online": version_document(step.online), "back_to": version_document(step.back_to)}


def show_step(step: Step) -> None:
    screen = Writer()
    screen.say(text("undo_online", version=version(step.online)))
    screen.say(text("undo_back_to", version=version(step.back_to)))


def show_undone(step: Step) -> None:
    Writer().say(text("undo_done", version=version(step.back_to)))


def version(one: ShownFile) -> str:
    if one.number is None or one.at is None:
        return text("version_unknown", size=one.size)
    said = text("version_known", number=one.number, date=one.at.isoformat(), size=one.size)
    return said if one.rows is None else said + text("version_rows", count=one.rows)
