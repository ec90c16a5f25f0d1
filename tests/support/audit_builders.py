"""Short ways to make what the audit looks at; everything is as it should be unless said."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from syncd.audit import Finding, Mapped, Rating, Subject
from syncd.core.catalogue import CatalogueEntry, CatalogueFile, ThematicSite
from syncd.core.objects import Fingerprint, KnownVersion
from syncd.core.records import Row
from syncd.guards.profile import Profile
from tests.support.builders import DATASET, NOW, PORTAL, digest, resource, row

EDIT = f"{PORTAL}/admin/datasets/{DATASET}"
NINE = (
    "license",
    "temporal_coverage",
    "spatial",
    "update_frequency",
    "update_fulfilled_in_time",
    "dataset_description_quality",
    "has_open_format",
    "all_resources_available",
    "resources_documentation",
)
SITE = ThematicSite(
    "Culture", "https://culture.example", "univers-culture", ("musee", "cinema"), "ask@example.org"
)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def entry(*files: CatalogueFile, **fields: Any) -> CatalogueEntry:
    """`unmet` and `untold`: the portal's criteria that are false, or missing."""
    unmet, untold = fields.pop("unmet", ()), fields.pop("untold", ())
    quality = {name: name not in unmet for name in NINE if name not in untold}
    given: dict[str, Any] = {
        "id": DATASET,
        "title": "Musées de France",
        "page": f"{PORTAL}/datasets/musees",
        "description": "Un jeu décrit comme il faut. " * 5,
        "description_short": "Les musées de France.",
        "tags": ("musee", "patrimoine", "culture"),
        "frequency": "weekly",
        "private": False,
        "archived": False,
        "deleted": False,
        "created_at": NOW - days(400),
        "modified_at": NOW - days(3),
        "updated_at": NOW - days(3),
        "files": files,
        "quality": quality,
        "score": sum(quality.values()) / 9,
    }
    return CatalogueEntry(**{**given, **fields})


def file(word: str | None = "old", **fields: Any) -> CatalogueFile:
    """`description` and `type` are the catalogue's, the rest the resource's."""
    own = {name: fields.pop(name) for name in ("description", "type") if name in fields}
    return CatalogueFile(resource(word, **fields), **{"description": "Une ligne par musée.", **own})


def mapped(online: CatalogueFile | None = None, **fields: Any) -> Mapped:
    online = online or file()
    given: dict[str, Any] = {
        "resource": online.resource.id,
        "file": online,
        "name": "liste_musees_2025.csv",
        "profile": Profile(format="csv", header=("id", "nom")),
    }
    return Mapped(**{**given, **fields})


def subject(*files: Mapped, of: CatalogueEntry | None = None, **fields: Any) -> Subject:
    shown = tuple(one.file for one in files if one.file is not None)
    given: dict[str, Any] = {"asked_at": NOW, "edit": EDIT}
    return Subject(of or entry(*shown), files, **{**given, **fields})


def deposited(word: str, age: float, key: str = "a.csv") -> KnownVersion:
    """A version that syncd read; `age` in days."""
    return KnownVersion(key, Fingerprint('"1"', len(word), NOW - days(age)), digest(word))


def seen(
    last: KnownVersion | None, published: KnownVersion | None, looked: float = 0, **fields: Any
) -> Row:
    """A ledger row; `looked`: days since syncd looked."""
    return row(last, published, checked_at=NOW - days(looked), **fields)


def published(*ages: float) -> tuple[datetime, ...]:
    return tuple(sorted(NOW - days(age) for age in ages))


def found(findings: Any, criterion: str) -> Finding:
    (one,) = [each for each in findings if each.criterion == criterion]
    assert isinstance(one, Finding)
    return one


def said(findings: Any, criterion: str) -> tuple[Rating, str]:
    one = found(findings, criterion)
    return one.status, one.reason.code
