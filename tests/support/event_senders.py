"""What S3 servers send of new objects, in the form of each, and how it comes in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus

from starlette.types import ASGIApp, Message

Record = dict[str, Any]


def aws(
    key: str, bucket: str = "opendata", event: str = "ObjectCreated:Put", source: str = "aws:s3"
) -> Record:
    """As AWS, MinIO, RustFS and others have it: the key as in a URL's query."""
    return {
        "eventVersion": "2.1",
        "eventSource": source,
        "eventName": event,
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key), "size": 3}},
    }


def ceph(key: str, bucket: str = "opendata", password: str | None = None) -> Record:
    """Ceph RGW's: the key as it is; the size as its documentation has it."""
    record = aws(key, bucket, source="ceph:s3")
    record["s3"]["object"] = {"key": key, "size": "1024"}
    if password is not None:
        record["opaqueData"] = password
    return record


def body(*records: Record, **beside: Any) -> bytes:
    return json.dumps({**beside, "Records": list(records)}).encode()


def minio(key: str, bucket: str = "opendata") -> bytes:
    name = "s3:ObjectCreated:Put"
    return body(aws(key, bucket, name, "minio:s3"), EventName=name, Key=f"{bucket}/{key}")


def filer(key: str, bucket: str = "opendata", kind: str = "create", **entry: Any) -> bytes:
    """SeaweedFS's, as its filer sends it."""
    folder, _, name = f"/buckets/{bucket}/{key}".rpartition("/")
    new = {"name": name, "attributes": {"file_size": 3, "mtime": 1796051754}, **entry}
    message: dict[str, Any] = {"new_parent_path": folder, "signatures": [-1288303621]}
    message |= {"old_entry": new} if kind == "delete" else {"new_entry": new}
    return json.dumps(
        {"event_type": kind, "key": f"{folder}/{name}", "message": message}, ensure_ascii=False
    ).encode()


def enveloped(inner: bytes) -> bytes:
    """As SNS wraps it on its way to a queue."""
    return json.dumps({"Type": "Notification", "Message": inner.decode()}).encode()


Sent = tuple[str, bytes, Mapping[str, str]]


def statuses(app: ASGIApp, requests: Iterable[Sent], method: str = "POST") -> list[int]:
    """What is answered to each (path, body, headers), without a socket."""
    found = []

    async def send_all() -> None:
        for path, content, headers in requests:
            parts: list[Message] = [
                {"type": "http.request", "body": content, "more_body": False},
                {"type": "http.disconnect"},
            ]

            async def receive(parts: list[Message] = parts) -> Message:
                return parts.pop(0)

            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    found.append(message["status"])

            named = [(one.lower().encode(), value.encode()) for one, value in headers.items()]
            scope = {
                "type": "http",
                "http_version": "1.1",
                "method": method,
                "path": path,
                "root_path": "",
                "query_string": b"",
                "headers": named,
            }
            await app(scope, receive, send)

    asyncio.run(send_all())
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
