"""The JSON that the portal shows of its records. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncd.simulator.records import (
    DatasetRecord,
    Json,
    Organization,
    Person,
    ResourceRecord,
    Token,
    TopicRecord,
)

_OPEN_FORMATS_NOT = frozenset({"", "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx"})
# Days until the next update is due; those that are in neither table expect none.
_DAYS = {
    **dict.fromkeys(("daily", "semidaily", "threeTimesADay", "severalTimesADay"), 1),
    **dict.fromkeys(("weekly", "semiweekly", "threeTimesAWeek", "fiveTimesAWeek"), 7),
    "biweekly": 14,
    **dict.fromkeys(("monthly", "semimonthly", "threeTimesAMonth"), 31),
    "bimonthly": 62,
    "quarterly": 93,
    **dict.fromkeys(("annual", "semiannual", "threeTimesAYear"), 365),
    "biennial": 730,
    "triennial": 1095,
    "quadrennial": 1460,
    "quinquennial": 1825,
    "decennial": 3650,
    "bidecennial": 7300,
    "tridecennial": 10950,
}
_MINUTES = {
    "oneMinute": 1,
    "fiveMinutes": 5,
    "tenMinutes": 10,
    "fifteenMinutes": 15,
    "thirtyMinutes": 30,
    "hourly": 60,
    "bihourly": 120,
    "trihourly": 180,
    "twelveHours": 720,
}


def date(instant: datetime | None, *, precise: bool = False) -> str | None:
    """Answers to writes carry microseconds (`precise`), what is read back milliseconds."""
    if instant is None:
        return None
    if not precise:
        instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    return instant.isoformat(timespec="microseconds" if instant.microsecond else "seconds")


def resource_modified(resource: ResourceRecord) -> datetime:
    if resource.harvest and resource.harvest.get("modified_at"):
        return datetime.fromisoformat(resource.harvest["modified_at"])
    detected = resource.extras.get("analysis:last-modified-at")
    if resource.filetype == "remote" and detected:
        return datetime.fromisoformat(str(detected))
    return resource.modified_at


def resource_url(base: str, resource: ResourceRecord) -> str:
    return f"{base}/s/resources/{resource.stored}" if resource.stored else resource.link or ""


def resource(
    base: str, record: ResourceRecord, *, written: bool = False, created: bool = False
) -> dict[str, Json]:
    """`written`: in the answer to the write that made it so; `created`: and that made it at all."""
    return {
        "id": record.id,
        "title": record.title,
        "description": record.description,
        "filetype": record.filetype,
        "type": record.type,
        "format": record.format,
        "url": resource_url(base, record),
        "latest": f"{base}/api/1/datasets/r/{record.id}",
        "checksum": record.checksum,
        "filesize": record.filesize,
        "mime": record.mime,
        "created_at": date(record.created_at, precise=created),
        "last_modified": date(resource_modified(record), precise=written),
        "metrics": {},
        "harvest": record.harvest,
        "geopf": None,
        "extras": record.extras,
        "preview_url": None,
        "schema": record.schema,
        "internal": {
            "created_at_internal": date(record.created_at, precise=created),
            "last_modified_internal": date(record.modified_at, precise=written),
        },
    }


def organization(base: str, record: Organization, *, member: bool, admin: bool) -> dict[str, Json]:
    return {
        "id": record.id,
        "class": "Organization",
        "name": record.name,
        "acronym": None,
        "slug": record.slug,
        "uri": f"{base}/api/1/organizations/{record.slug}/",
        "page": f"{base}/organizations/{record.slug}",
        "logo": None,
        "logo_thumbnail": None,
        "badges": [],
        "permissions": {
            "delete": admin,
            "edit": admin,
            "harvest": admin,
            "members": admin,
            "private": member or admin,
        },
    }


def owner(base: str, person: Person) -> dict[str, Json]:
    return {
        "id": person.id,
        "class": "User",
        "first_name": person.first_name,
        "last_name": "Lab",
        "slug": person.slug,
        "page": f"{base}/users/{person.slug}",
        "uri": f"{base}/api/1/users/{person.slug}/",
        "avatar": None,
        "avatar_thumbnail": None,
        "deleted": None,
    }


def me(base: str, person: Person, organization: Organization, now: datetime) -> dict[str, Json]:
    memberships = [_membership(base, person, organization)] if person.role else []
    return {
        **owner(base, person),
        "email": f"{person.name}@example.org",
        "active": True,
        "about": None,
        "website": None,
        "roles": ["admin"] if person.sysadmin else [],
        "organizations": memberships,
        "last_login_at": date(now, precise=True),
        "since": date(person.since),
        "metrics": {"dataservices": 0, "datasets": 0, "followers": 0, "following": 0, "reuses": 0},
        "mail_cadence": "immediate",
        "notifications_paused": False,
        "password_rotation_demanded": None,
        "password_rotation_performed": None,
    }


def _membership(base: str, person: Person, record: Organization) -> dict[str, Json]:
    return organization(base, record, member=True, admin=person.role == "admin")


def token(record: Token, *, with_secret: bool = False) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "id": record.id,
        "name": record.name,
        "kind": "api_key",
        "scopes": ["admin"],
        "token_prefix": record.secret[:14],
        "created_at": date(record.created_at),
        "expires_at": date(record.expires_at),
        "revoked_at": date(record.revoked_at),
        "last_used_at": date(record.last_used_at),
        "user_agents": record.user_agents,
    }
    return {**shown, "token": record.secret} if with_secret else shown


def last_update(record: DatasetRecord) -> datetime:
    if not record.resources:
        return record.modified_at
    return max(resource_modified(r) for r in record.resources)


def quality(record: DatasetRecord, now: datetime) -> dict[str, Json]:
    found: dict[str, bool] = {
        "license": record.license is not None,
        "temporal_coverage": bool(record.temporal_coverage),
        "spatial": bool(record.spatial),
        "update_frequency": record.frequency not in {"unknown", ""},
        "dataset_description_quality": len(record.description) > 100,
    }
    if record.resources:
        formats = {(r.format or "").lower() for r in record.resources}
        found["has_resources"] = True
        found["has_open_format"] = not formats <= _OPEN_FORMATS_NOT
        found["all_resources_available"] = True
        found["resources_documentation"] = any(
            r.type == "documentation" or r.description for r in record.resources
        )
    if found["update_frequency"]:
        found["update_fulfilled_in_time"] = _is_in_time(record, now)
    points = sum(value for name, value in found.items() if name != "has_resources")
    return {**found, "score": points / 9}


def _is_in_time(record: DatasetRecord, now: datetime) -> bool:
    """A day late is in time, and always where nothing regular is expected."""
    minutes = _DAYS.get(record.frequency, 0) * 1440 or _MINUTES.get(record.frequency, 0)
    due = last_update(record) + timedelta(minutes=minutes)
    return not minutes or (due - now).days >= -1


def dataset(
    base: str,
    record: DatasetRecord,
    *,
    organization: dict[str, Json] | None,
    owner: dict[str, Json] | None,
    rights: bool,
    now: datetime,
    written: bool = False,
) -> dict[str, Json]:
    """`rights`: whether the caller may edit it."""
    return {
        "id": record.id,
        "title": record.title,
        "acronym": record.acronym,
        "slug": record.slug,
        "description": record.description,
        "description_short": record.description_short,
        "created_at": date(record.created_at, precise=written),
        "last_modified": date(record.modified_at, precise=written),
        "last_update": date(last_update(record), precise=written),
        "deleted": date(record.deleted),
        "archived": date(record.archived),
        "doi": None,
        "featured": False,
        "private": record.private,
        "tags": record.tags,
        "badges": [],
        "resources": [resource(base, r) for r in record.resources],
        "frequency": record.frequency,
        "frequency_date": None,
        "harvest": record.harvest,
        "geopf": None,
        "extras": record.extras,
        "metrics": {
            "dataservices": 0,
            "discussions": 0,
            "discussions_open": 0,
            "followers": 0,
            "followers_by_months": 0,
            "resources_downloads": 0,
            "reuses": 0,
            "reuses_by_months": 0,
            "views": 0,
        },
        "organization": organization,
        "owner": owner,
        "temporal_coverage": record.temporal_coverage,
        "spatial": record.spatial,
        "license": record.license or "notspecified",
        "access_type": "open",
        "access_audiences": [],
        "access_type_reason": None,
        "access_type_reason_category": None,
        "authorization_request_url": None,
        "uri": f"{base}/api/1/datasets/{record.slug}/",
        "page": f"{base}/datasets/{record.slug}",
        "quality": quality(record, now),
        "schema": None,
        "internal": {
            "created_at_internal": date(record.created_at, precise=written),
            "last_modified_internal": date(record.modified_at, precise=written),
        },
        "contact_points": [],
        "permissions": {"delete": rights, "edit": rights, "edit_resources": rights},
    }


def dataset_v2(base: str, shown: dict[str, Json]) -> dict[str, Json]:
    """The same, with links in the place of the lists."""

    def link(href: str, total: int) -> dict[str, Json]:
        return {"rel": "subsection", "href": href, "type": "GET", "total": total}

    identifier = shown["id"]
    resources = f"{base}/api/2/datasets/{identifier}/resources/?page=1&page_size=50"
    community = (
        f"{base}/api/1/datasets/community_resources/?dataset={identifier}&page=1&page_size=50"
    )
    return {
        **{name: value for name, value in shown.items() if name != "schema"},
        "resources": link(resources, len(shown["resources"])),
        "community_resources": link(community, 0),
    }


def topic(
    base: str, record: TopicRecord, shown_owner: dict[str, Json], *, written: bool = False
) -> dict[str, Json]:
    return {
        "id": record.id,
        "owner": shown_owner,
        "organization": None,
        "created_at": date(record.created_at, precise=written),
        "last_modified": date(record.modified_at, precise=written),
        "name": record.name,
        "slug": record.slug,
        "description": None,
        "tags": [],
        "color": None,
        "featured": False,
        "private": None,
        "extras": {},
        "spatial": None,
        "page": f"{base}/topics/{record.slug}",
        "uri": f"{base}/api/2/topics/{record.slug}/",
        "elements": {
            "rel": "subsection",
            "href": f"{base}/api/2/topics/{record.id}/elements/?page=1&page_size=20",
            "type": "GET",
            "total": len(record.elements),
        },
    }
