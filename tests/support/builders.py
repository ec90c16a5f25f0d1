"""Short ways to make the frozen values that the decisions take, each with harmless defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any

from syncd.adapters.portal.upload_rules import made_title
from syncd.core.objects import Digest, Fingerprint, KnownVersion, Version
from syncd.core.patterns import Pattern
from syncd.core.portal import Dataset, Resource
from syncd.core.reasons import because
from syncd.core.records import Intent, Outcome, Row
from syncd.core.targets import (
    Binding,
    EachRule,
    GuardPolicy,
    NewestRule,
    ObjectRule,
    Place,
    Rule,
    Target,
)
from syncd.sync.matching import Item, Match, Status

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PORTAL = "https://portal.example"
DATASET = "5d2c4f6e8b4c4110c5a1b2c3"
RESOURCE = "47ac11c2-8a00-46a7-9fa8-9b802643f975"
OTHER = "8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11"
SOURCE = "https://s3.example/depot"
GUARDS = GuardPolicy({"empty": "hold", "extension": "hold", "backwards": "hold", "shrink": "hold"})


def digest(word: str, size: int | None = None) -> Digest:
    return Digest(sha1(word.encode()).hexdigest(), len(word) if size is None else size)


def version(key: str = "a.csv", etag: str = '"1"', size: int = 3, age: float = 86400) -> Version:
    """`age` in seconds before NOW."""
    return Version(key, Fingerprint(etag, size, NOW - timedelta(seconds=age)))


def exactly(key: str) -> ObjectRule:
    return ObjectRule(key)


def newest(pattern: str, by: Any = "date") -> NewestRule:
    return NewestRule(Pattern.parse(pattern), by)


def each(pattern: str, title: str = "", *, create: bool = True, **known: str) -> EachRule:
    return EachRule(
        Pattern.parse(pattern), title, create, {k.lstrip("_"): v for k, v in known.items()}
    )


def target(rule: Rule, line: int = 1, **fields: Any) -> Target:
    given: dict[str, Any] = {
        "dataset": DATASET,
        "resource": None if rule.makes_many else RESOURCE,
        "source": "depot",
        "rule": rule,
        "guards": GUARDS,
        "republish": False,
        "settle": timedelta(0),
        "ignore": (),
        "place": Place(line, 9),
    }
    return Target(**{**given, **fields})


def item(
    rule: Rule | None = None,
    seen: Version | None = None,
    variables: Mapping[str, str] | None = None,
    **fields: Any,
) -> Item:
    """An item whose object was found."""
    seen = seen or version()
    match = Match(seen, variables or {})
    return Item(target(rule or ObjectRule(seen.key), **fields), Status.FOUND, seen.key, match)


def resource(word: str | None = "old", **fields: Any) -> Resource:
    """`word`: the bytes that it holds."""
    held = digest(word) if word is not None else None
    given: dict[str, Any] = {
        "id": RESOURCE,
        "title": "Liste des musées",
        "filetype": "file",
        "url": f"{PORTAL}/files/20260101-120000/musees.csv",
        "latest": f"{PORTAL}/fr/datasets/r/{RESOURCE}",
        "sha1": held.sha1 if held else None,
        "size": held.size if held else None,
    }
    given |= fields
    return Resource(**{"made_title": made_title(given["url"]), **given})


def dataset(*resources: Resource, **fields: Any) -> Dataset:
    given: dict[str, Any] = {
        "id": DATASET,
        "title": "Musées de France",
        "page": f"{PORTAL}/datasets/musees",
        "deleted": False,
        "archived": False,
        "harvested": False,
        "may_edit": True,
        "resources": resources,
    }
    return Dataset(**{**given, **fields})


def judged(word: str, seen: Version | None = None) -> KnownVersion:
    seen = seen or version()
    return KnownVersion(seen.key, seen.fingerprint, digest(word))


BINDING = Binding(PORTAL, DATASET, RESOURCE, SOURCE, "a.csv")


def row(
    last: KnownVersion | None = None, published: KnownVersion | None = None, **fields: Any
) -> Row:
    given: dict[str, Any] = {
        "binding": BINDING,
        "title": "Liste des musées",
        "link": f"{PORTAL}/fr/datasets/r/{RESOURCE}",
        "state": Outcome.REPLACED,
        "reason": because("new_bytes", size=3, previous=2),
        "checked_at": NOW - timedelta(hours=1),
        "judged": last,
        "published": published,
        "published_at": NOW - timedelta(hours=1) if published else None,
    }
    return Row(**{**given, **fields})


def intent(word: str = "new", resource_id: str = RESOURCE, **fields: Any) -> Intent:
    given: dict[str, Any] = {
        "id": 1,
        "binding": replace(BINDING, resource=resource_id),
        "judged": judged(word),
        "filename": "a.csv",
        "title": "Liste des musées",
        "started_at": NOW - timedelta(minutes=5),
    }
    return Intent(**{**given, **fields})
