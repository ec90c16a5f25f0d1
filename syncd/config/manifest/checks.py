"""Checks across the whole manifest, on the tree: they also run where its shape is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from syncd.config.manifest import keys, values
from syncd.config.manifest.compiling import DEFAULT_IGNORE
from syncd.config.manifest.diagnostics.secrecy import shown
from syncd.config.manifest.models import RULES
from syncd.config.manifest.reading import Problems
from syncd.config.manifest.tree import (
    Entry,
    Node,
    Scalar,
    Step,
    Table,
    find,
    items_at,
    mapping_at,
    plain,
    text_at,
    written,
)
from syncd.core.addresses import Address, portal_url
from syncd.core.composed import composed
from syncd.core.errors import Problem
from syncd.core.file_names import extensions_of
from syncd.core.linear_match import TEXT, Part, matched
from syncd.core.pattern_index import PatternIndex
from syncd.core.patterns import Pattern, PatternError, part_of
from syncd.core.reasons import Fact, Reason
from syncd.core.targets import Place

# Files that are nothing but their bytes, by their extension and what is around it.
_ITS_BYTES = frozenset(
    (name, "") for name in ("csv", "tsv", "json", "geojson", "jsonl", "ndjson", "geojsonl")
)
_NAMED = 200  # sources that are named, and of which one may be meant
_TRIES = 1_000_000  # patterns tried on exact keys: ten thousand targets need some thousands


@dataclass(frozen=True, slots=True)
class _Target:
    """What could be read of one entry under `resources`."""

    node: Table
    steps: tuple[Step, ...]
    source: str | None
    ignore: tuple[str, ...]
    resources: tuple[tuple[tuple[Step, ...], Place, Address], ...]
    rules: tuple[tuple[str, str, Place], ...]  # which of the three it has, and what it says
    publish: tuple[tuple[Step, ...], Node] | None  # the nearest, and where it stands


def check(root: Node, file: str) -> Problems:
    """Every problem that lies between values rather than in one of them."""
    return _Checks(root, file).run()


@dataclass(slots=True)
class _Checks:
    root: Node
    file: str
    problems: Problems = field(default_factory=Problems)
    tries: int = _TRIES
    patterns: dict[str, Pattern | None] = field(default_factory=dict)  # by their texts

    def run(self) -> Problems:
        targets = list(self._targets())
        self._source_names()
        self._sources_known()
        self._sources_given(targets)
        self._links_lead_somewhere(targets)
        self._datasets_once()
        self._one_portal(targets)
        self._resources_once(targets)
        self._objects_once(targets)
        for target in targets:
            self._each_fits(target)
            self._content_is_one(target)
        return self.problems

    def _add(
        self,
        place: Place,
        steps: tuple[Step, ...],
        code: str,
        facts: Mapping[str, Fact],
        suggestion: str = "",
    ) -> None:
        if self.problems.only_counted():
            return
        reason = Reason(code, facts)
        self.problems.append(
            Problem(reason, self.file, place.line, place.column, written(steps), suggestion)
        )

    def _datasets(self) -> Iterator[tuple[tuple[Step, ...], Table]]:
        for at, node in enumerate(items_at(self.root, "datasets")):
            if isinstance(node, Table):
                yield ("datasets", at), node

    def _targets(self) -> Iterator[_Target]:
        defaults = mapping_at(self.root, "defaults")
        of_all = text_at(defaults, "source") or None
        ignored_by_all = _ignored(defaults, DEFAULT_IGNORE)
        way_of_all = _publish(defaults, ("defaults",), None)
        for steps, dataset in self._datasets():
            source = text_at(dataset, "source") or of_all
            way = _publish(dataset, steps, way_of_all)
            ignore = _ignored(dataset, ignored_by_all)  # a long list there is that of every target
            for at, node in enumerate(items_at(dataset, "resources")):
                if not isinstance(node, Table):
                    continue
                place = (*steps, "resources", at)
                yield _Target(
                    node,
                    place,
                    text_at(node, "source") or source,
                    _ignored(node, ignore),
                    tuple(_resources(node, place)),
                    tuple(_rules(node)),
                    _publish(node, place, way),
                )

    def _pattern(self, text: str) -> Pattern | None:
        if text not in self.patterns:
            self.patterns[text] = _pattern(text)
        return self.patterns[text]

    # -- sources ---------------------------------------------------------------------------------

    def _source_names(self) -> None:
        for entry in _entries(mapping_at(self.root, "sources")):
            if not values.SOURCE_NAME.fullmatch(entry.key):
                guess = re.sub(r"[^a-z0-9]+", "_", entry.key.lower()).strip("_")
                fits = values.SOURCE_NAME.fullmatch(guess)
                steps = ("sources", entry.key)
                name = shown(entry.key)
                self._add(entry.place, steps, "source_name", {"name": name}, guess if fits else "")

    def _sources_known(self) -> None:
        sources = mapping_at(self.root, "sources")
        if sources is None:
            return
        names = [entry.key for entry in sources.entries]
        known, listed = set(names), shown(", ".join(names[:_NAMED]))
        for steps, layer in self._layers():
            name = text_at(layer, "source")
            if name is None or name in known or self.problems.only_counted():
                continue
            facts: dict[str, Fact] = {"name": shown(name), "known": listed}
            guess = values.near(name, names[:_NAMED])
            place = _place(layer.get("source"))
            self._add(place, (*steps, "source"), "source_unknown", facts, guess)

    def _links_lead_somewhere(self, targets: list[_Target]) -> None:
        """A public bucket has an address; said once of each `publish` and source."""
        sources, said = mapping_at(self.root, "sources"), set[tuple[tuple[Step, ...], str]]()
        names = [entry.key for entry in _entries(sources)]
        for target in targets:
            if target.publish is None or self.problems.only_counted():
                continue
            steps, node = target.publish
            copied = node.get("copy") if isinstance(node, Table) else None
            place = _place(copied or node)
            steps = (*steps, "copy") if copied is not None else steps
            name = text_at(node, "copy") if copied is not None else target.source
            is_link = copied is not None or (isinstance(node, Scalar) and node.value == "link")
            if name is None or not is_link or (steps, name) in said:
                continue
            said.add((steps, name))
            facts: dict[str, Fact] = {"name": shown(name)}
            source = sources.get(name) if sources is not None else None
            if copied is not None and name not in names:
                facts["known"] = shown(", ".join(names[:_NAMED]))
                guess = values.near(name, names[:_NAMED])
                self._add(place, steps, "source_unknown", facts, guess)
            elif isinstance(source, Table) and source.get("address") is None:
                self._add(place, steps, "source_without_address", facts)
            elif copied is not None and self._is_one_bucket(name, target.source):
                self._add(place, steps, "copy_to_itself", facts)

    def _is_one_bucket(self, one: str, other: str | None) -> bool:
        return other is not None and self._location(one) == self._location(other)

    def _layers(self) -> Iterator[tuple[tuple[Step, ...], Table]]:
        """Whatever may name a source, from the top of the file."""
        defaults = mapping_at(self.root, "defaults")
        if defaults is not None:
            yield ("defaults",), defaults
        for steps, dataset in self._datasets():
            yield steps, dataset
            for at, node in enumerate(items_at(dataset, "resources")):
                if isinstance(node, Table):
                    yield (*steps, "resources", at), node

    def _sources_given(self, targets: list[_Target]) -> None:
        """Said once for each dataset, at its first entry without a source."""
        defaults = find(self.root, ("defaults",))
        if defaults is not None and not isinstance(defaults, Table) and plain(defaults) is not None:
            return  # what was meant as the defaults cannot be read: said elsewhere
        said: set[tuple[Step, ...]] = set()
        names = [entry.key for entry in _entries(mapping_at(self.root, "sources"))]
        guess = f"source: {names[0]}" if len(names) == 1 else ""
        for target in targets:
            dataset = target.steps[:2]
            if target.source is not None or dataset in said:
                continue
            named = any(
                find(self.root, (*steps, "source")) is not None
                for steps in (target.steps, dataset, ("defaults",))
            )
            if named:
                continue
            said.add(dataset)
            self._add(target.node.place, target.steps, "source_missing", {}, guess)

    # -- the portal's side -----------------------------------------------------------------------

    def _datasets_once(self) -> None:
        seen: dict[str, Place] = {}
        for steps, dataset in self._datasets():
            node = dataset.get("dataset")
            address = _dataset(node)
            if address is None:
                continue
            place = _place(node)
            first = seen.setdefault(address.text, place)
            if first is not place:
                facts: dict[str, Fact] = {"dataset": address.text, "first": first.line}
                self._add(place, (*steps, "dataset"), "dataset_twice", facts)

    def _one_portal(self, targets: list[_Target]) -> None:
        portal = text_at(self.root, "portal")
        try:
            own = _host(portal_url(portal or ""))
        except ValueError:
            return
        for steps, dataset in self._datasets():
            node = dataset.get("dataset")
            self._same_portal(_dataset(node), _place(node), (*steps, "dataset"), own)
        for target in targets:
            for steps, place, address in target.resources:
                self._same_portal(address, place, steps, own)

    def _same_portal(
        self, address: Address | None, place: Place, steps: tuple[Step, ...], own: str
    ) -> None:
        if address and address.portal and _host(address.portal) != own:
            facts: dict[str, Fact] = {"read": address.portal, "portal": own}
            self._add(place, steps, "other_portal", facts)

    def _resources_once(self, targets: list[_Target]) -> None:
        seen: dict[str, Place] = {}
        for target in targets:
            for steps, place, address in target.resources:
                first = seen.setdefault(address.text, place)
                if first is not place:
                    facts: dict[str, Fact] = {"resource": address.text, "first": first.line}
                    self._add(place, steps, "resource_twice", facts)

    # -- the bucket's side -----------------------------------------------------------------------

    def _objects_once(self, targets: list[_Target]) -> None:
        """Exact keys and patterns with the same text, and exact keys that a pattern matches.

        Two different patterns that share an object are seen at run time, where the keys are; so are
        those of a manifest with more of both than could be compared here.
        """
        locations: dict[str, tuple[str, str]] = {}
        claims: dict[tuple[tuple[str, str], str], Place] = {}
        patterns: dict[tuple[str, str], PatternIndex[tuple[Place, tuple[str, ...]]]] = {}
        exact: list[tuple[tuple[str, str], str, Place, tuple[Step, ...]]] = []
        for target in targets:
            if target.source is None:
                continue
            location = locations.get(target.source)
            if location is None:
                location = locations[target.source] = self._location(target.source)
            for rule, read, place in target.rules:
                text, steps = composed(read), (*target.steps, rule)
                pattern = self._pattern(text) if rule != "object" else None
                if rule != "object" and pattern is None:
                    continue
                first = claims.setdefault((location, text), place)
                if first is not place:
                    facts: dict[str, Fact] = {"key": shown(text), "first": first.line}
                    self._add(place, steps, "object_twice", facts)
                elif pattern:
                    mine = patterns.setdefault(location, PatternIndex())
                    mine.add(pattern, (place, target.ignore))
                else:
                    exact.append((location, text, place, steps))
        for location, key, place, steps in exact:
            found = self._first_match(patterns[location], key) if location in patterns else None
            if found:
                by, where = found
                facts = {"key": shown(key), "pattern": shown(by.text), "first": where.line}
                self._add(place, steps, "object_in_pattern", facts)

    def _first_match(
        self, patterns: PatternIndex[tuple[Place, tuple[str, ...]]], key: str
    ) -> tuple[Pattern, Place] | None:
        """The first pattern of the manifest that matches the key, and where it stands."""
        name, found = key.rsplit("/", 1)[-1], []  # `key` and the names are composed
        for pattern, (place, ignore) in patterns.candidates(key):
            self.tries -= 1
            if self.tries < 0:
                break
            if pattern.match(key) is not None:
                self.tries -= len(ignore)
                if not any(fnmatchcase(name, composed(skipped)) for skipped in ignore):
                    found.append((pattern, place))
        return min(found, key=lambda one: (one[1].line, one[1].column), default=None)

    def _location(self, source: str) -> tuple[str, str]:
        """Endpoint and bucket, so that two names of one bucket are the same."""
        node = find(self.root, ("sources", source))
        endpoint, bucket = text_at(node, "endpoint"), text_at(node, "bucket")
        if endpoint is None or bucket is None:
            return "", source
        try:
            return portal_url(endpoint), bucket
        except ValueError:
            return endpoint, bucket

    # -- each ------------------------------------------------------------------------------------

    def _each_fits(self, target: _Target) -> None:
        text = next((text for rule, text, _ in target.rules if rule == "each"), None)
        pattern = self._pattern(text) if text is not None else None
        if pattern is None:
            return
        self._title_fits(target, pattern)
        known = mapping_at(target.node, "known")
        if known is None:
            return
        forms = [(name, kind or "") for name, kind in keys.VARIABLE.findall(pattern.text)]
        expected = "-".join(kind or f"<{name}>" for name, kind in forms)
        dash = (Part(TEXT, "-"),)
        parts = [part for _, kind in forms for part in (*dash, part_of(kind))][1:]
        for entry in known.entries:
            steps = (*target.steps, "known", entry.key)
            if not forms:
                self._add(entry.place, steps, "known_without_variable", {"key": shown(entry.key)})
            elif matched(parts, composed(entry.key)) is None:
                facts: dict[str, Fact] = {"key": shown(entry.key), "expected": expected}
                self._add(entry.place, steps, "known_key", facts)

    def _content_is_one(self, target: _Target) -> None:
        """What `unchanged: content` can do nothing for, where it is said of nothing else."""
        node = target.node.get("unchanged")
        if not isinstance(node, Scalar) or node.value != "content":
            return
        for _, text, _ in target.rules:
            if extensions_of(text) in _ITS_BYTES:
                steps = (*target.steps, "unchanged")
                self._add(node.place, steps, "content_is_bytes", {"key": shown(text)})

    def _title_fits(self, target: _Target, pattern: Pattern) -> None:
        title, node = text_at(target.node, "title"), target.node.get("title")
        if title is None:
            return
        steps, place = (*target.steps, "title"), _place(node)
        known = ", ".join(pattern.variables)
        for name in re.findall(r"\{([^{}]*)\}", title):
            if name not in pattern.variables and not self.problems.only_counted():
                bare = str(name).split(":", 1)[0].strip()
                guess = values.near(bare, pattern.variables)
                facts: dict[str, Fact] = {"name": shown(name), "known": known}
                self._add(place, steps, "title_variable", facts, f"{{{guess}}}" if guess else "")
        if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", title)):
            self._add(place, steps, "title_brace", {"read": shown(title)})


# -- reading single values leniently: what is wrong with them alone is said elsewhere -------------


def _entries(table: Table | None) -> tuple[Entry, ...]:
    return table.entries if table else ()


def _place(node: Node | None) -> Place:
    return node.place if node else Place(1, 1)


def _dataset(node: Node | None) -> Address | None:
    if not isinstance(node, Scalar):
        return None
    try:
        return values.dataset(node.value)
    except PydanticCustomError:
        return None


def _resources(
    node: Table, steps: tuple[Step, ...]
) -> Iterator[tuple[tuple[Step, ...], Place, Address]]:
    """The resources that an entry names: its `resource`, and those under `known`."""
    found = [((*steps, "resource"), node.get("resource"))]
    for entry in _entries(mapping_at(node, "known")):
        found.append(((*steps, "known", entry.key), entry.node))
    for place, value in found:
        if not isinstance(value, Scalar):
            continue
        try:
            yield place, value.place, values.resource(value.value)
        except PydanticCustomError:
            continue


def _rules(node: Table) -> Iterator[tuple[str, str, Place]]:
    for rule in RULES:
        found = node.get(rule)
        if isinstance(found, Scalar) and isinstance(found.value, str):
            yield rule, found.value, found.place


def _publish(
    layer: Table | None, steps: tuple[Step, ...], above: tuple[tuple[Step, ...], Node] | None
) -> tuple[tuple[Step, ...], Node] | None:
    """What this layer says of it, else the one that it lies in."""
    node = layer.get("publish") if layer is not None else None
    return above if node is None else ((*steps, "publish"), node)


def _ignored(layer: Table | None, above: tuple[str, ...]) -> tuple[str, ...]:
    """What patterns skip in this layer; `above`: in the one that it lies in."""
    if layer is None or layer.get("ignore") is None:
        return above
    globs = (i.value for i in items_at(layer, "ignore") if isinstance(i, Scalar))
    return tuple(g for g in globs if isinstance(g, str) and len(g) <= keys.LONGEST_KEY)


def _pattern(text: str) -> Pattern | None:
    if len(text) > keys.LONGEST_KEY:
        return None
    try:
        found = Pattern.parse(text)
    except PatternError:
        return None
    return found if keys.has_wildcard(found) else None


def _host(portal: str) -> str:
    """Host and port: `http` for `https` and a `www.` more or less are the same server."""
    return urlsplit(portal).netloc.removeprefix("www.")
