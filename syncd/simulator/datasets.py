"""The routes about datasets."""

from __future__ import annotations

from typing import NoReturn

from werkzeug.wrappers import Response

from syncd.simulator import views
from syncd.simulator.exchange import NOT_FOUND, Exchange, Refusal, as_json
from syncd.simulator.extras import check_writable, merge
from syncd.simulator.records import DatasetRecord, Json, Organization

TITLE_LIMIT = 350
SHORT_LIMIT = 200
RESOURCE_TYPES = {
    "main": "Main file",
    "documentation": "Documentation",
    "update": "Update",
    "api": "API",
    "code": "Code repository",
    "other": "Other",
}
_RESERVED = ("transport:*", "recommendations*", "dcat")
GONE = "Dataset has been deleted"


def shown(exchange: Exchange, dataset: DatasetRecord, *, written: bool = False) -> dict[str, Json]:
    store, person = exchange.store, exchange.person
    organization = owner = None
    if dataset.moved_to:
        record = Organization(**{n: dataset.moved_to[n] for n in ("id", "slug", "name")})
        member = person is not None and person.name in dataset.moved_to["members"]
        organization = views.organization(
            exchange.base, record, member=member, admin=bool(person and person.sysadmin)
        )
    elif dataset.owner is None:
        organization = views.organization(
            exchange.base,
            store.organization,
            member=bool(person and person.role),
            admin=bool(person and (person.sysadmin or person.role == "admin")),
        )
    else:
        owner = views.owner(exchange.base, store.people[dataset.owner])
    return views.dataset(
        exchange.base,
        dataset,
        organization=organization,
        owner=owner,
        rights=exchange.may_edit(dataset),
        now=store.clock.now(),
        written=written,
    )


def get(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.must_read(dataset)
    return exchange.answer(shown(exchange, dataset))


def get_v2(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.must_read(dataset)
    return exchange.answer(views.dataset_v2(exchange.base, shown(exchange, dataset)))


def browse(exchange: Exchange) -> Response:
    page, size = paging(exchange, 20)
    visible = [d for d in exchange.store.datasets if not (d.private or d.deleted or d.archived)]
    visible.sort(key=lambda d: d.created_at, reverse=True)
    part = visible[(page - 1) * size : page * size]
    if page > 1 and not part:
        raise Refusal(404, "The requested URL was not found on the server.")
    url = f"{exchange.base}/api/1/datasets/"
    return exchange.answer(
        envelope(url, [shown(exchange, d) for d in part], page, size, len(visible))
    )


def of_organization(exchange: Exchange, organization: str) -> Response:
    known = exchange.store.organization
    if organization not in {known.id, known.slug}:
        raise Refusal(404, {"error": NOT_FOUND, "status": 404})
    page, size = paging(exchange, 20)
    member = bool(exchange.person and (exchange.person.role or exchange.person.sysadmin))
    owned = [d for d in exchange.store.datasets if d.owner is None and not d.moved_to]
    # Everybody is shown even those that were archived or deleted (udata 17.18).
    shown_here = [d for d in owned if member or not d.private]
    part = shown_here[(page - 1) * size : page * size]
    url = f"{exchange.base}/api/1/organizations/{organization}/datasets/"
    body = [shown(exchange, d) for d in part]
    return exchange.answer(envelope(url, body, page, size, len(shown_here)))


def of_person(exchange: Exchange) -> Response:
    """One's own, and none of one's organizations."""
    person = exchange.secure()
    mine = [d for d in exchange.store.datasets if d.owner == person.name]
    return exchange.answer([shown(exchange, d) for d in mine])


def assign(exchange: Exchange, organization: str, person: str) -> Response:
    """The datasets that a partial editor may write to, in place of those before."""
    caller, store = exchange.secure(), exchange.store
    known = store.organization
    member = next((p for p in store.people.values() if person in {p.id, p.slug}), None)
    if organization not in {known.id, known.slug} or member is None:
        raise Refusal(404, {"error": NOT_FOUND, "status": 404})
    if not (caller.sysadmin or caller.role == "admin"):
        raise Refusal(403, "You do not have the permission to modify that object.", masked=True)
    if member.role != "partial_editor":
        raise Refusal(400, "User must be a partial_editor member of this organization")
    wanted = {one["id"] for one in exchange.request.get_json()}
    with store.writing():
        for dataset in store.datasets:
            others = [name for name in dataset.assigned if name != member.name]
            dataset.assigned = [*others, *([member.name] if dataset.id in wanted else [])]
    subjects = [{"class": "Dataset", "id": d.id} for d in store.datasets if d.id in wanted]
    return exchange.answer([{"id": one["id"], "subject": one} for one in subjects])


def envelope(url: str, data: list[Json], page: int, size: int, total: int) -> dict[str, Json]:
    more = page * size < total
    return {
        "data": data,
        "page": page,
        "page_size": size,
        "total": total,
        "next_page": f"{url}?page={page + 1}&page_size={size}" if more else None,
        "previous_page": f"{url}?page={page - 1}&page_size={size}" if page > 1 else None,
    }


def paging(exchange: Exchange, default_size: int) -> tuple[int, int]:
    found = {}
    for name, meaning, default in (
        ("page", "The page to fetch", 1),
        ("page_size", "The page size to fetch", default_size),
    ):
        text = exchange.request.args.get(name, str(default))
        try:
            found[name] = int(text)
        except ValueError:
            _invalid(name, f"{meaning} {text} is not a valid integer")
        if found[name] < 1:
            _invalid(name, f"{meaning} Invalid {name}: {text}. {name} must be a positive integer")
    return found["page"], found["page_size"]


def _invalid(name: str, text: str) -> NoReturn:
    raise Refusal(400, {"errors": {name: text}, "message": "Input payload validation failed"})


def create(exchange: Exchange) -> Response:
    person = exchange.creating()
    wanted = exchange.form()
    _check_texts(wanted)
    organization = wanted.get("organization")
    if isinstance(organization, dict):
        organization = organization.get("id")
    if organization and (
        organization != exchange.store.organization.id or not (person.role or person.sysadmin)
    ):
        raise Refusal(
            400, {"errors": {"organization": ["Permission denied for this organization"]}}
        )
    dataset = exchange.store.new_dataset(
        wanted["title"],
        wanted["description"],
        owner=None if organization else person.name,
        private=bool(wanted.get("private")),
        tags=sorted(set(wanted.get("tags") or ())),
        license_id=wanted.get("license"),
        frequency=wanted.get("frequency") or "unknown",
    )
    with exchange.store.writing():
        if organization and person.role == "partial_editor":
            dataset.assigned.append(person.name)
        dataset.description_short = wanted.get("description_short")
        dataset.temporal_coverage = wanted.get("temporal_coverage")
        dataset.spatial = _spatial(wanted.get("spatial"))
    return exchange.answer(shown(exchange, dataset, written=True), 201)


def _check_texts(wanted: dict[str, Json]) -> None:
    errors: dict[str, list[str]] = {
        name: ["This field is required."]
        for name in ("title", "description")
        if not wanted.get(name)
    }
    if not errors and len(wanted["title"]) > TITLE_LIMIT:
        errors["title"] = [f"Field cannot be longer than {TITLE_LIMIT} characters."]
    if len(wanted.get("description_short") or "") > SHORT_LIMIT:
        errors["description_short"] = [f"Field cannot be longer than {SHORT_LIMIT} characters."]
    if errors:
        raise Refusal(400, {"errors": errors})


def _spatial(wanted: Json) -> dict[str, Json] | None:
    """Zones are not known here; a granularity is enough for the portal to call it covered."""
    if not wanted:
        return None
    return {"geom": None, "granularity": wanted.get("granularity") or "other", "zones": []}


def update(exchange: Exchange, dataset: DatasetRecord) -> Response:
    """The portal's trap, kept: what the body does not name is emptied, not left alone."""
    exchange.secure()
    wanted = exchange.form()
    if dataset.deleted and wanted.get("deleted", True) is not None:
        raise Refusal(410, GONE)
    exchange.must_edit(dataset)
    merged = {"title": dataset.title, "description": dataset.description, **wanted}
    _check_texts(merged)
    store = exchange.store
    with store.writing():
        store.retitle_dataset(dataset.id, merged["title"])
        dataset.description = merged["description"]
        dataset.tags = sorted(set(wanted.get("tags") or ()))
        dataset.temporal_coverage = wanted.get("temporal_coverage")
        if "extras" in wanted:
            dataset.extras = dict(wanted["extras"] or {})
        if "private" in wanted:
            dataset.private = bool(wanted["private"])
        if "deleted" in wanted:
            dataset.deleted = None
        if "archived" in wanted:
            dataset.archived = store.clock.now() if wanted["archived"] else None
        if wanted.get("resources"):  # the whole new list: what is missing from it is dropped
            known = {r.id: r for r in dataset.resources}
            named = [r.get("id") for r in wanted["resources"]]
            dataset.resources = [known[i] for i in named if i in known]
        dataset.modified_at = store.clock.now()
    return exchange.answer(shown(exchange, dataset, written=True))


def delete(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.secure()
    if dataset.deleted:
        raise Refusal(410, GONE)
    exchange.must_edit(dataset)
    exchange.store.delete_dataset(dataset.id)
    return as_json(None, 204)


def extensions(exchange: Exchange) -> Response:
    return exchange.answer(sorted(exchange.store.settings["ALLOWED_RESOURCES_EXTENSIONS"]))


def resource_types(exchange: Exchange) -> Response:
    return exchange.answer([{"id": i, "label": label} for i, label in RESOURCE_TYPES.items()])


def get_extras(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.must_read(dataset)
    return as_json(dataset.extras, 200)


def put_extras(exchange: Exchange, dataset: DatasetRecord) -> Response:
    person = exchange.secure()
    given = check_writable(exchange.json(), _RESERVED, person)
    if dataset.deleted:
        raise Refusal(410, GONE)
    exchange.must_edit(dataset)
    with exchange.store.writing():
        dataset.extras = merge(dataset.extras, given)
    return as_json(dataset.extras, 200)
