"""The routes about one resource, or about the list of them."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from werkzeug.utils import redirect as redirection
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from syncd.simulator import views
from syncd.simulator.datasets import GONE, RESOURCE_TYPES, TITLE_LIMIT, envelope, paging
from syncd.simulator.exchange import NOT_FOUND, Exchange, Refusal, as_json
from syncd.simulator.extras import check_not_reserved, check_writable, merge, reserved
from syncd.simulator.records import DatasetRecord, Json, ResourceRecord

RESERVED = ("analysis:*", "check:*", "csv-export:*", "validation-report:*", "dcat")
_CHECKSUMS = frozenset({"sha1", "sha2", "sha256", "md5", "crc"})
_REQUIRED = ["This field is required."]
_NO_CHOICE = ["Not a valid choice."]


def find(dataset: DatasetRecord, resource: str) -> ResourceRecord:
    found = dataset.resource(resource)
    if found is None:
        raise Refusal(404, "Resource does not exist")
    return found


def get(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    exchange.must_read(dataset)
    return exchange.answer(views.resource(exchange.base, find(dataset, resource)))


def get_anywhere(exchange: Exchange, resource: str) -> Response:
    found = exchange.store.find_resource(resource)
    if found is None:
        raise Refusal(404, "Resource does not exist")
    dataset, record = found
    exchange.must_read(dataset)
    shown = views.resource(exchange.base, record)
    return exchange.answer({"resource": shown, "dataset_id": dataset.id})


def browse(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.must_read(dataset)
    page, size = paging(exchange, 50)
    kind, text = exchange.request.args.get("type"), exchange.request.args.get("q", "")
    matching = [
        r
        for r in dataset.resources
        if (not kind or r.type == kind) and text.lower() in r.title.lower()
    ]
    part = matching[(page - 1) * size : page * size]
    url = f"{exchange.base}/api/2/datasets/{dataset.id}/resources/"
    data: list[Json] = [views.resource(exchange.base, r) for r in part]
    return exchange.answer(envelope(url, data, page, size, len(matching)))


def redirect(exchange: Exchange, resource: str) -> Response:
    """The permanent link; private and deleted datasets answer too."""
    found = exchange.store.find_resource(resource)
    if found is None:
        raise Refusal(404, "Resource not found")
    return redirection(views.resource_url(exchange.base, found[1]), 302)


def download(exchange: Exchange, stored: str) -> Response:
    path = exchange.store.files.path(stored)
    if ".." in stored.split("/") or not path.is_file():
        raise Refusal(404, {"error": NOT_FOUND, "status": 404})
    return send_file(path, exchange.environ, download_name=path.name, conditional=True)


def create_remote(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.creating()
    exchange.must_edit(dataset)
    wanted = exchange.form()
    if wanted.get("filetype", "file") != "remote" and wanted.get("title") and wanted.get("url"):
        raise Refusal(400, "This endpoint only supports remote resources")
    _check(wanted, {"title": None, "url": None})
    now = exchange.store.clock.now()
    record = ResourceRecord(
        str(uuid.uuid4()), wanted["title"], now, now, filetype="remote", type="other"
    )
    _populate(record, wanted)
    exchange.store.add_remote(dataset.id, record)
    shown = views.resource(exchange.base, record, written=True, created=True)
    return exchange.answer(shown, 201)


def update(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    """Partial: what the body does not name is left alone. It moves the public dates."""
    exchange.secure()
    exchange.must_edit(dataset)
    record = find(dataset, resource)
    wanted = exchange.form()
    _check(wanted, {"title": record.title, "url": "kept"})
    if wanted.get("filetype") and wanted["filetype"] != record.filetype:
        raise Refusal(400, "Cannot modify filetype after creation")
    with exchange.store.writing():
        _populate(record, wanted)
        exchange.store.edit(dataset.id, resource, {})
    return exchange.answer(views.resource(exchange.base, record, written=True))


def _check(wanted: dict[str, Json], present: dict[str, str | None]) -> None:
    merged = {**present, **wanted}
    errors: dict[str, Json] = {}
    if not merged["title"]:
        errors["title"] = _REQUIRED
    elif len(merged["title"]) > TITLE_LIMIT:
        errors["title"] = [f"Field cannot be longer than {TITLE_LIMIT} characters."]
    if not merged["url"]:
        errors["url"] = _REQUIRED
    elif "url" in wanted and not _is_address(wanted["url"]):
        errors["url"] = [f'Invalid URL "{wanted["url"]}"']
    if wanted.get("type") and wanted["type"] not in RESOURCE_TYPES:
        errors["type"] = _NO_CHOICE
    if wanted.get("filetype") and wanted["filetype"] not in {"file", "remote"}:
        errors["filetype"] = _NO_CHOICE
    checksum = wanted.get("checksum")
    if isinstance(checksum, dict) and checksum.get("type", "sha1") not in _CHECKSUMS:
        errors["checksum"] = {"type": _NO_CHOICE}
    elif isinstance(checksum, dict) and "value" in checksum and not checksum["value"]:
        errors["checksum"] = {"value": _REQUIRED}
    if errors:
        raise Refusal(400, {"errors": errors})


def _is_address(url: str) -> bool:
    is_known = urlsplit(url).scheme in {"http", "https", "ftp", "ftps"}
    return is_known and not any(sign.isspace() for sign in url.strip())


def _populate(record: ResourceRecord, wanted: dict[str, Json]) -> None:
    record.title = wanted.get("title") or record.title
    record.type = wanted.get("type") or record.type
    if "description" in wanted:
        record.description = wanted["description"]
    if "schema" in wanted:
        record.schema = wanted["schema"]
    if "extras" in wanted:
        given = wanted["extras"] or {}
        platform = set(reserved([*given, *record.extras], RESERVED))
        record.extras = {
            **{n: v for n, v in given.items() if n not in platform},
            **{n: v for n, v in record.extras.items() if n in platform},
        }
    if record.filetype == "file":
        return  # the server's own fields: a stale echo of them is ignored in silence
    if wanted.get("url"):
        record.link, record.stored = wanted["url"].strip(), None  # also after an upload to a link
    record.mime = wanted.get("mime", record.mime)
    record.filesize = wanted.get("filesize", record.filesize)
    record.checksum = wanted.get("checksum", record.checksum)
    if "format" in wanted:
        record.format = (wanted["format"] or "").strip().lower() or None


def reorder(exchange: Exchange, dataset: DatasetRecord) -> Response:
    exchange.secure()
    exchange.must_edit(dataset)
    wanted = exchange.json()
    ids = [r["id"] if isinstance(r, dict) else r for r in wanted]
    known = {r.id: r for r in dataset.resources}
    if len(ids) != len(known):
        raise Refusal(
            400,
            f"All resources must be reordered, you provided {len(ids)} out of {len(known)}",
        )
    if set(ids) != set(known):
        raise Refusal(400, "Resource ids must match existing ones in dataset")
    with exchange.store.writing():
        dataset.resources = [known[i] for i in ids]
    return exchange.answer([views.resource(exchange.base, r) for r in dataset.resources])


def delete(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    exchange.secure()
    exchange.must_edit(dataset)
    find(dataset, resource)
    exchange.store.withdraw(dataset.id, resource)
    return as_json(None, 204)


def get_extras(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    exchange.must_read(dataset)
    return as_json(find(dataset, resource).extras, 200)


def put_extras(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    """A merge; moves no public date."""
    person = exchange.secure()
    given = exchange.json()
    if not isinstance(given, dict):
        raise Refusal(400, "Wrong payload format, dict expected")
    if dataset.deleted:
        raise Refusal(410, GONE)
    exchange.must_edit(dataset)
    record = find(dataset, resource)
    check_writable(given, RESERVED, person)
    with exchange.store.writing():
        record.extras = merge(record.extras, given)
    return as_json(record.extras, 200)


def delete_extras(exchange: Exchange, dataset: DatasetRecord, resource: str) -> Response:
    person = exchange.secure()
    names = exchange.json()
    if not isinstance(names, list):
        raise Refusal(400, "Wrong payload format, list expected")
    if dataset.deleted:
        raise Refusal(410, GONE)
    exchange.must_edit(dataset)
    record = find(dataset, resource)
    check_not_reserved(names, RESERVED, person)
    if any(name not in record.extras for name in names):
        raise Refusal(404, "Key not found in existing extras")
    with exchange.store.writing():
        record.extras = {n: v for n, v in record.extras.items() if n not in names}
    return as_json(None, 204)
