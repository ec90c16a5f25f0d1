"""The audit as one HTML page that needs nothing else: no script, no picture, no other file.

Made as a tree, which escapes every text by itself. States are words as well as colours; headings
follow each other, tables have headers with a scope, and it reads on a small screen and on paper.
"""

from __future__ import annotations

import re
from datetime import datetime
from importlib import resources

# It is built and written, never parsed.
from xml.etree.ElementTree import Element, SubElement, tostring

from syncd import __version__
from syncd.audit import Audit, Audited, Finding, Rating
from syncd.cli.output.audit_screen import named
from syncd.core.addresses import host_of
from syncd.core.reasons import Reason
from syncd.core.unseen import on_one_line
from syncd.text import language, sentence, text

_CODE = re.compile(r"`([^`]+)`")


def html_page(found: Audit, portal: str, now: datetime) -> str:
    """The whole page, as of `now`."""
    html = Element("html", {"lang": language()})
    _head(html, portal)
    body = SubElement(html, "body")
    _say(SubElement(body, "a", {"class": "skip", "href": "#main"}), text("html.skip"))
    header = SubElement(body, "header")
    _say(SubElement(header, "h1"), text("html.title", portal=host_of(portal)))
    facts = {"date": now.isoformat(), "version": __version__}
    _say(SubElement(header, "p"), text("html.made", **facts))
    main = SubElement(body, "main", {"id": "main"})
    _summary(main, found)
    for at, one in enumerate(found.datasets, 1):
        _dataset(main, one, at)
    footer = SubElement(body, "footer")
    _say(SubElement(footer, "p"), text("html.footer"))
    return f"<!DOCTYPE html>\n{tostring(html, encoding='unicode', method='html')}\n"


def _head(html: Element, portal: str) -> None:
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    size = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    SubElement(head, "meta", size)
    _say(SubElement(head, "title"), text("html.title", portal=host_of(portal)))
    style = SubElement(head, "style")
    style.text = resources.files(__package__).joinpath("audit.css").read_text(encoding="utf-8")


def _summary(main: Element, found: Audit) -> None:
    section = SubElement(main, "section", {"aria-labelledby": "summary"})
    _say(SubElement(section, "h2", {"id": "summary"}), text("html.summary"))
    _say(SubElement(section, "p"), text("html.how"))
    heads = (text("html.dataset"), text("html.score"), text("html.to_do"))
    table = _Table(section, text("html.summary_caption"), heads)
    for at, one in enumerate(found.datasets, 1):
        name, score, to_do = table.row()
        _say(SubElement(name, "a", {"href": f"#dataset-{at}"}), one.title or one.dataset)
        _say(score, _score(one))
        _say(to_do, _to_do(one))


class _Table:
    """The roles are said, because a small screen shows the cells below each other."""

    def __init__(self, above: Element, caption: str, heads: tuple[str, ...]) -> None:
        self._heads = heads
        table = SubElement(above, "table", {"role": "table"})
        _say(SubElement(table, "caption"), caption)
        head = SubElement(table, "thead", {"role": "rowgroup"})
        row = SubElement(head, "tr", {"role": "row"})
        for words in heads:
            _say(SubElement(row, "th", {"scope": "col", "role": "columnheader"}), words)
        self._body = SubElement(table, "tbody", {"role": "rowgroup"})

    def row(self) -> list[Element]:
        """A new row's cells: its header, then one for each other column."""
        row = SubElement(self._body, "tr", {"role": "row"})
        header = SubElement(row, "th", {"scope": "row", "role": "rowheader"})
        labels = ({"role": "cell", "data-label": _clean(words)} for words in self._heads[1:])
        return [header, *(SubElement(row, "td", label) for label in labels)]


def _dataset(main: Element, one: Audited, at: int) -> None:
    place = f"dataset-{at}"
    section = SubElement(main, "section", {"aria-labelledby": place})
    title = one.title or one.dataset
    _say(SubElement(section, "h2", {"id": place}), title)
    line = SubElement(section, "p", {"class": "score"})
    _say(line, text("html.score_is", score=_score(one)))
    _link(SubElement(section, "p"), one.link, text("html.see", title=title))
    _say(SubElement(section, "h3"), text("html.first"))
    shown = one.open or tuple(each for each in one.findings if one.failed == each.reason)
    if shown:
        listed = SubElement(section, "ol", {"class": "findings"})
        for finding in shown:
            _finding(SubElement(listed, "li"), finding, title)
    else:
        _say(SubElement(section, "p"), text("audit_nothing"))
    _sites(section, one)
    _rest(section, one)


def _finding(item: Element, one: Finding, dataset: str) -> None:
    line = SubElement(item, "p", {"class": "what"})
    _say(SubElement(line, "strong"), named(one))
    _badge(line, one.status.value, text(f"word.{one.status.value}"))
    effort = text(f"effort.{one.effort.value}")
    more = f" · {text('html.scored')}" if one.is_scored else ""
    _say(SubElement(line, "span", {"class": "effort"}), effort + more)
    _advice(SubElement(item, "p"), one.reason)
    criterion = text(f"criterion.{one.criterion}")
    words = text("html.edit", title=one.title or dataset, criterion=criterion)
    _link(SubElement(item, "p"), one.link, words)


def _sites(section: Element, one: Audited) -> None:
    if not one.thematic or one.score is None:  # what failed was said
        return
    _say(SubElement(section, "h3"), text("html.sites"))
    heads = (text("html.site"), text("html.state"), text("html.reason"))
    caption = text("html.sites_caption", title=one.title or one.dataset)
    table = _Table(section, caption, heads)
    for seen in one.thematic:
        site, state, reason = table.row()
        _link(site, seen.site.address, seen.site.name)
        words = text(f"visible.{seen.visible.value}")
        _badge(state, f"visible-{seen.visible.value}", words)
        _advice(reason, seen.reason)


def _rest(section: Element, one: Audited) -> None:
    """What is not known, and what is well."""
    unknown = [each for each in one.findings if each.status is Rating.UNKNOWN]
    if unknown and not one.failed:
        _say(SubElement(section, "h3"), text("html.unknown"))
        listed = SubElement(section, "ul")
        for finding in unknown:
            item = SubElement(listed, "li")
            _say(SubElement(item, "strong"), named(finding))
            _advice(SubElement(item, "span", {"class": "after"}), finding.reason)
    # Once each: several sites may want a keyword.
    well = dict.fromkeys(named(each) for each in one.findings if each.status is Rating.OK)
    if well:
        _say(SubElement(section, "h3"), text("html.well"))
        listed = SubElement(section, "ul", {"class": "well"})
        for name in well:
            _say(SubElement(listed, "li"), name)


def _badge(above: Element, state: str, words: str) -> None:
    _say(SubElement(above, "span", {"class": f"badge {state}"}), words)


def _advice(above: Element, reason: Reason) -> None:
    """A sentence, with the commands in it set apart."""
    parts = _CODE.split(sentence(reason))
    _say(above, parts[0])
    for command, after in zip(parts[1::2], parts[2::2], strict=True):
        code = SubElement(above, "code")
        _say(code, command)
        code.tail = _clean(after)


def _link(above: Element, address: str, words: str) -> None:
    """Only the web is linked to, whatever the portal said."""
    if address.lower().startswith(("http://", "https://")):
        _say(SubElement(above, "a", {"href": _clean(address)}), words)
    else:
        _say(above, words)


def _score(one: Audited) -> str:
    if one.score is None:
        return text("html.no_score")
    return text("html.percent", score=round(one.score * 100))


def _to_do(one: Audited) -> str:
    states = [each.status for each in one.open]
    if one.failed and not states:
        return text("html.failed")
    problems, improvements = states.count(Rating.PROBLEM), states.count(Rating.IMPROVE)
    counts = text("html.counts", problems=problems, improvements=improvements)
    missing = text("html.missing", sites=", ".join(one.missing_from))
    if states and one.missing_from:
        return text("html.and", first=counts, second=missing)
    if states:
        return counts
    return missing if one.missing_from else text("html.nothing")


def _say(element: Element, words: str) -> None:
    element.text = _clean(words)


def _clean(words: str) -> str:
    """Titles are other people's: what no page may hold, or what hides text, is shown as such."""
    return on_one_line(words)
