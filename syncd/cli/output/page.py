"""Parts of an HTML page that needs nothing else: no script, no picture, no other file.

Made as a tree, which escapes every text by itself. Tables have headers with a scope, and a page
reads on a small screen and on paper.
"""

from __future__ import annotations

from importlib import resources

# It is built and written, never parsed.
from xml.etree.ElementTree import Element, SubElement, tostring

from syncd.core.unseen import on_one_line
from syncd.text import language, text


class Page:
    """`body` has a link to `main` and a header with the title; what it holds is the caller's."""

    def __init__(self, title: str) -> None:
        self._html = Element("html", {"lang": language()})
        self._head(title)
        self.body = SubElement(self._html, "body")
        say(SubElement(self.body, "a", {"class": "skip", "href": "#main"}), text("html.skip"))
        self.header = SubElement(self.body, "header")
        say(SubElement(self.header, "h1"), title)
        self.main = SubElement(self.body, "main", {"id": "main"})

    def _head(self, title: str) -> None:
        head = SubElement(self._html, "head")
        SubElement(head, "meta", {"charset": "utf-8"})
        size = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
        SubElement(head, "meta", size)
        say(SubElement(head, "title"), title)
        style = SubElement(head, "style")
        style.text = resources.files(__package__).joinpath("audit.css").read_text(encoding="utf-8")

    def __str__(self) -> str:
        return f"<!DOCTYPE html>\n{tostring(self._html, encoding='unicode', method='html')}\n"


class Table:
    """The roles are said, because a small screen shows the cells below each other."""

    def __init__(self, above: Element, caption: str, heads: tuple[str, ...]) -> None:
        self._heads = heads
        table = SubElement(above, "table", {"role": "table"})
        say(SubElement(table, "caption"), caption)
        head = SubElement(table, "thead", {"role": "rowgroup"})
        row = SubElement(head, "tr", {"role": "row"})
        for words in heads:
            say(SubElement(row, "th", {"scope": "col", "role": "columnheader"}), words)
        self._body = SubElement(table, "tbody", {"role": "rowgroup"})

    def row(self) -> list[Element]:
        """A new row's cells: its header, then one for each other column."""
        row = SubElement(self._body, "tr", {"role": "row"})
        header = SubElement(row, "th", {"scope": "row", "role": "rowheader"})
        labels = ({"role": "cell", "data-label": clean(words)} for words in self._heads[1:])
        return [header, *(SubElement(row, "td", label) for label in labels)]


def link(above: Element, address: str, words: str) -> None:
    """Only the web is linked to, whatever the portal said."""
    if address.lower().startswith(("http://", "https://")):
        say(SubElement(above, "a", {"href": clean(address)}), words)
    else:
        say(above, words)


def say(element: Element, words: str) -> None:
    element.text = clean(words)


def clean(words: str) -> str:
    """Titles are other people's: what no page may hold, or what hides text, is shown as such."""
    return on_one_line(words)
