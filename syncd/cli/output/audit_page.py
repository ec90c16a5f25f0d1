"""The audit as one HTML page. States are words as well as colours; headings follow each other."""

from __future__ import annotations

import re
from datetime import datetime

# It is built and written, never parsed.
from xml.etree.ElementTree import Element, SubElement

from syncd import __version__
from syncd.audit import Audit, Audited, Finding
from syncd.audit.wording import named, score, to_do, well
from syncd.cli.output.page import Page, Table, clean, link, say
from syncd.core.addresses import host_of
from syncd.core.reasons import Reason
from syncd.text import sentence, text

_CODE = re.compile(r"`([^`]+)`")


def html_page(found: Audit, portal: str, now: datetime) -> str:
    """The whole page, as of `now`."""
    page = Page(text("html.title", portal=host_of(portal)))
    facts = {"date": now.isoformat(), "version": __version__}
    say(SubElement(page.header, "p"), text("html.made", **facts))
    _summary(page.main, found)
    for at, one in enumerate(found.datasets, 1):
        _dataset(page.main, one, at)
    footer = SubElement(page.body, "footer")
    say(SubElement(footer, "p"), text("html.footer"))
    return str(page)


def _summary(main: Element, found: Audit) -> None:
    section = SubElement(main, "section", {"aria-labelledby": "summary"})
    say(SubElement(section, "h2", {"id": "summary"}), text("html.summary"))
    say(SubElement(section, "p"), text("html.how"))
    heads = (text("html.dataset"), text("html.score"), text("html.to_do"))
    table = Table(section, text("html.summary_caption"), heads)
    for at, one in enumerate(found.datasets, 1):
        name, quality, work = table.row()
        say(SubElement(name, "a", {"href": f"#dataset-{at}"}), one.title or one.dataset)
        say(quality, score(one))
        say(work, to_do(one))


def _dataset(main: Element, one: Audited, at: int) -> None:
    place = f"dataset-{at}"
    section = SubElement(main, "section", {"aria-labelledby": place})
    title = one.title or one.dataset
    say(SubElement(section, "h2", {"id": place}), title)
    line = SubElement(section, "p", {"class": "score"})
    say(line, text("html.score_is", score=score(one)))
    link(SubElement(section, "p"), one.link, text("html.see", title=title))
    say(SubElement(section, "h3"), text("html.first"))
    if one.first:
        listed = SubElement(section, "ol", {"class": "findings"})
        for finding in one.first:
            _finding(SubElement(listed, "li"), finding, title)
    else:
        say(SubElement(section, "p"), text("audit_nothing"))
    _sites(section, one)
    _rest(section, one)


def _finding(item: Element, one: Finding, dataset: str) -> None:
    line = SubElement(item, "p", {"class": "what"})
    say(SubElement(line, "strong"), named(one))
    _badge(line, one.status.value, text(f"word.{one.status.value}"))
    effort = text(f"effort.{one.effort.value}")
    more = f" · {text('html.scored')}" if one.is_scored else ""
    say(SubElement(line, "span", {"class": "effort"}), effort + more)
    _advice(SubElement(item, "p"), one.reason)
    criterion = text(f"criterion.{one.criterion}")
    words = text("html.edit", title=one.title or dataset, criterion=criterion)
    link(SubElement(item, "p"), one.link, words)


def _sites(section: Element, one: Audited) -> None:
    if not one.sites:
        return
    say(SubElement(section, "h3"), text("html.sites"))
    heads = (text("html.site"), text("html.state"), text("html.reason"))
    caption = text("html.sites_caption", title=one.title or one.dataset)
    table = Table(section, caption, heads)
    for seen in one.sites:
        site, state, reason = table.row()
        link(site, seen.site.address, seen.site.name)
        words = text(f"visible.{seen.visible.value}")
        _badge(state, f"visible-{seen.visible.value}", words)
        _advice(reason, seen.reason)


def _rest(section: Element, one: Audited) -> None:
    """What is not known, and what is well."""
    if one.unknown:
        say(SubElement(section, "h3"), text("html.unknown"))
        listed = SubElement(section, "ul")
        for finding in one.unknown:
            item = SubElement(listed, "li")
            say(SubElement(item, "strong"), named(finding))
            _advice(SubElement(item, "span", {"class": "after"}), finding.reason)
    if names := well(one):
        say(SubElement(section, "h3"), text("html.well"))
        listed = SubElement(section, "ul", {"class": "well"})
        for name in names:
            say(SubElement(listed, "li"), name)


def _badge(above: Element, state: str, words: str) -> None:
    say(SubElement(above, "span", {"class": f"badge {state}"}), words)


def _advice(above: Element, reason: Reason) -> None:
    """A sentence, with the commands in it set apart."""
    parts = _CODE.split(sentence(reason))
    say(above, parts[0])
    for command, after in zip(parts[1::2], parts[2::2], strict=True):
        code = SubElement(above, "code")
        say(code, command)
        code.tail = clean(after)
