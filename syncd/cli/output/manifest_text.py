"""A draft as the text of a manifest, with comments for the person who will finish it.

Explanations begin with `##`. What may be taken into use begins with a single `#`: without it (and
the space behind) the line is right, indentation and all.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from syncd.actions.init import DatasetDraft, Draft, Entry, LeftOut, Origin
from syncd.core.unseen import is_seen
from syncd.core.yaml_scalar import scalar
from syncd.guards.year import contradiction
from syncd.sync.families import Family
from syncd.sync.resource_matcher import Guess, MatchedBy
from syncd.text import sentence, text
from syncd.text.figures import size

_WIDTH = 100
_OTHERS = 5  # further objects named for one resource

_GUESSED = {
    MatchedBy.BYTES: "draft_guess_bytes",
    MatchedBy.NAME: "draft_guess_name",
    MatchedBy.DATE: "draft_guess_date",
    MatchedBy.FOLDER: "draft_guess_folder",
}


def write(draft: Draft, origin: Origin) -> str:
    """The whole file. Valid, unless nothing in it is sure yet."""
    lines = [*_said("draft_head", 0), "", "version: 1", f"portal: {scalar(origin.portal)}"]
    lines += ["timezone: Europe/Paris", "", *_sources(origin), ""]
    lines += [
        "defaults:",
        f"  source: {scalar(origin.name)}",
        "  schedule: {every: 15m}",
        "",
        "datasets:",
    ]
    for part in draft.datasets:
        lines += [*_dataset(part), ""]
    lines += _strangers(draft)
    return "\n".join(lines).rstrip("\n") + "\n"


def added(draft: Draft, source: str) -> list[str]:
    """Lines for the end of another manifest's `datasets`.

    `source`: what each dataset says of it; "" where the defaults name the right one.
    """
    lines = list(_said("draft_added", 2))
    for part in draft.datasets:
        lines += [*_dataset(part, source), ""]
    while not lines[-1]:
        lines.pop()
    return lines


def _sources(origin: Origin) -> Iterator[str]:
    upper, source = origin.name.upper(), origin.source
    yield from _said("draft_keys", 0, upper=upper)
    yield from ("sources:", f"  {scalar(origin.name)}:")
    yield f"    endpoint: {scalar(source.endpoint)}"
    yield f"    bucket: {scalar(source.bucket)}"
    if source.region != "us-east-1":
        yield f"    region: {scalar(source.region)}"
    if source.addressing != "auto":
        yield f"    addressing: {source.addressing}"
    if source.use_proxy:
        yield "    use_proxy: true"


def _dataset(part: DatasetDraft, source: str = "") -> Iterator[str]:
    dataset = part.dataset
    title = _line(dataset.title)
    about = text("draft_dataset", title=title, link=dataset.page) if dataset.page else title
    yield from _explained(about, 2)
    if part.why is not None:
        yield from _explained(sentence(part.why), 2)
        return
    if not part.entries:
        yield from _said("draft_no_file", 2)
    mark = "" if part.sure else "# "
    if mark and part.entries:
        yield from _said("draft_nothing_sure", 2, count=4 if source else 3)
    if part.entries:
        yield f"  {mark}- dataset: {dataset.id}"
        yield f"    {mark}name: {scalar(_line(dataset.title) or dataset.id)}"
        if source:
            yield f"    {mark}source: {scalar(source)}"
        yield f"    {mark}resources:"
    related = {
        resource.id
        for family in part.families
        for _, resource in family.known
        if len(family.known) > 1
    }
    for entry in part.entries:
        yield from _entry(entry, alone=entry.resource.id not in related)
    for family in part.families:
        yield from _family(family)
    for one in part.left_out:
        yield from _left_out(one)


def _family(family: Family) -> Iterator[str]:
    """Lines to copy are not wrapped."""
    titles = _some([text("quoted", words=_line(one.title)) for _, one in family.known])
    yield from _said("draft_family", 6, count=len(family.known), titles=titles)
    yield f"      ## - each: {scalar(family.pattern)}"
    if family.title and _line(family.title) == family.title:
        yield f"      ##   title: {scalar(family.title)}"
    yield "      ##   create: true"
    yield "      ##   known:"
    for value, resource in family.known:
        yield f"      ##     {value if value.isdecimal() else scalar(value)}: {resource.id}"
    if family.others:
        keys = _some([_line(key) for key in reversed(family.others)])  # the newest first
        yield from _said("draft_family_others", 6, keys=keys, count=len(family.others))
    yield ""


def _entry(entry: Entry, *, alone: bool) -> Iterator[str]:
    """Not `alone`: the other objects like its own are those of its family."""
    resource, found = entry.resource, entry.found
    about = text(
        "draft_resource",
        title=_line(resource.title),
        name=resource.made_title,
        size=resource.size,
        link=resource.latest,
    )
    yield from _explained(about, 6)
    first = found.guesses[0] if found.guesses else None
    if first is None:
        yield from _said("draft_none", 6)
    else:
        said = "draft_sure" if found.sure else _GUESSED[first.by]
        yield from _said(said, 6, object=_line(first.key), size=first.size)
        years = contradiction(resource.title, first.key.rsplit("/", 1)[-1])
        if years is not None:
            title, named = (", ".join(some) for some in years)
            yield from _said("draft_year", 6, title=title, object=named)
    mark = "" if found.sure else "# "
    yield f"      {mark}- resource: {resource.id}"
    yield f"        {mark}object: {scalar(first.key) if first else text('draft_key')}"
    if alone:
        yield from _others(found.guesses[1:])
    if alone and found.pattern:
        yield from _said("draft_newest", 6)
        yield f"      ## newest: {scalar(found.pattern)}"  # wrapped, it would be another
    yield ""


def _others(guesses: tuple[Guess, ...]) -> Iterator[str]:
    if not guesses:
        return
    keys = _some([f"{_line(guess.key)} ({size(guess.size)})" for guess in guesses])
    yield from _said("draft_others", 6, keys=keys)


def _some(named: Sequence[str]) -> str:
    """The first ones, and how many more there are."""
    more = len(named) - _OTHERS
    rest = f" {text('more', count=more)}" if more > 0 else ""
    return ", ".join(named[:_OTHERS]) + rest


def _left_out(one: LeftOut) -> Iterator[str]:
    title = _line(one.resource.title)
    why = sentence(one.why)
    yield from _said("draft_left_out", 6, title=title, link=one.resource.latest, why=why)


def _strangers(draft: Draft) -> Iterator[str]:
    if not draft.strange:
        return
    yield from _said("draft_strangers", 0, count=draft.strange, objects=draft.objects)
    for key in draft.strangers:
        yield from _explained(f"  {_line(key)}", 0)
    if draft.strange > len(draft.strangers):
        yield from _explained("  " + text("more", count=draft.strange - len(draft.strangers)), 0)


def _said(key: str, indent: int, **facts: str | int) -> Iterable[str]:
    return _explained(text(key, **facts), indent)


def _explained(words: str, indent: int) -> Iterator[str]:
    """As comments; what came from elsewhere must not break out of its line."""
    lead = words[: len(words) - len(words.lstrip(" "))]
    for paragraph in words.split("\n"):
        for line in textwrap.wrap(
            _line(paragraph),
            _WIDTH - indent - 3,
            initial_indent=lead,
            subsequent_indent=lead,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            yield f"{' ' * indent}## {line}"


def _line(words: str) -> str:
    """On one line, without what cannot be seen."""
    return " ".join("".join(c if is_seen(c) else " " for c in words).split())
