"""The forms of a page, as a browser without scripts has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx
from starlette.types import ASGIApp

from tests.support.page_world import HOME, ask


@dataclass
class SentForm:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # by what is written on them


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[SentForm] = []
        self._button: tuple[str, str] | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(SentForm(given.get("method", "get"), given["action"]))
        elif tag in {"input", "textarea"} and self.found:
            self.found[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "button":
            self._button, self._words = (given.get("name", ""), given.get("value", "")), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            self.found[-1].buttons[self._words.strip()] = self._button
            self._button = None


def forms(html: str) -> list[SentForm]:
    """Those by which something is decided."""
    parser = _Forms()
    parser.feed(html)
    return [one for one in parser.found if one.action == "/decide" and one.method == "post"]


def buttons(html: str) -> list[str]:
    return [words for one in forms(html) for words in one.buttons]


def filled(html: str, words: str, note: str = "") -> dict[str, str]:
    """What is sent by the button on which this is written."""
    (found,) = (one for one in forms(html) if words in one.buttons)
    name, value = found.buttons[words]
    given = {**found.fields, name: value}
    return {**given, "note": note} if "note" in given else given


def sent(app: ASGIApp, form: dict[str, str]) -> httpx.Response:
    return ask(app, "/decide", "POST", {"Origin": HOME}, form)
