"""The routes about topics: lists of datasets and other things, which thematic sites show."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from syncd.simulator import naming, views
from syncd.simulator.datasets import envelope, paging
from syncd.simulator.exchange import NOT_FOUND, Exchange, Refusal
from syncd.simulator.records import Json, TopicRecord
from syncd.simulator.store import new_id

_PAGE_SIZE = 20


def create(exchange: Exchange) -> Response:
    person = exchange.secure()
    wanted = exchange.json()
    topic = exchange.store.new_topic(wanted["name"], person.name)
    return exchange.answer(_shown(exchange, topic, written=True), 201)


def get(exchange: Exchange, topic: str) -> Response:
    found = _find(exchange, topic)
    return found if isinstance(found, Response) else exchange.answer(_shown(exchange, found))


def browse(exchange: Exchange, topic: str) -> Response:
    found = _find(exchange, topic)
    if isinstance(found, Response):
        return found
    page, size = paging(exchange, _PAGE_SIZE)
    wanted = exchange.request.args.get("class")
    elements = [one for one in found.elements if wanted is None or _class_of(one) == wanted]
    part = elements[(page - 1) * size : page * size]
    if page > 1 and not part:
        raise Refusal(404, NOT_FOUND)
    body = envelope("", part, page, size, len(elements))
    for name, at in (("next_page", page + 1), ("previous_page", page - 1)):
        if body[name]:
            body[name] = _address(exchange, found, at)
    return exchange.answer(body)


def add(exchange: Exchange, topic: str) -> Response:
    person = exchange.secure()
    found = _find(exchange, topic)
    if isinstance(found, Response):
        return found
    if not (person.sysadmin or found.owner == person.name):
        raise Refusal(403, "Forbidden")
    made: list[Json] = [
        {
            "id": new_id(),
            "title": one.get("title"),
            "description": None,
            "tags": [],
            "extras": {},
            "element": one.get("element"),
        }
        for one in exchange.json()
    ]
    with exchange.store.writing():
        found.elements += made
        found.modified_at = exchange.store.clock.now()
    return exchange.answer(made, 201)


def _class_of(element: Json) -> str:
    return str((element["element"] or {}).get("class", "None"))


def _shown(exchange: Exchange, topic: TopicRecord, *, written: bool = False) -> dict[str, Json]:
    owner = views.owner(exchange.base, exchange.store.people[topic.owner])
    return views.topic(exchange.base, topic, owner, written=written)


def _find(exchange: Exchange, address: str) -> TopicRecord | Response:
    """The topic; for a slug written otherwise a redirection, which loses the query."""
    found = exchange.store.topic(address)
    if found:
        return found
    near = exchange.store.topic(naming.slug(address))
    if near is None:
        raise Refusal(404, NOT_FOUND)
    return redirect(exchange.request.path.replace(f"/{address}/", f"/{near.slug}/", 1), 308)


def _address(exchange: Exchange, topic: TopicRecord, page: int) -> str:
    asked = {name: value for name, value in exchange.request.args.items() if name != "page"}
    query = urlencode({**asked, "page": page})
    return f"{exchange.base}/api/2/topics/{quote(topic.slug)}/elements/?{query}"
