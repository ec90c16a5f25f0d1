"""The forms in which S3 servers tell of new objects. Pure.

The list of `Records` is AWS's (Amazon S3 user guide, "Event message structure"), which MinIO,
RustFS, Ceph RGW, NooBaa, StorageGRID and others send as well, each a little differently; SeaweedFS
has a form of its own. What is said of an object beyond its name is not even read: it may be wrong,
late or made up, and the bucket's listing says it anyway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

_LONGEST_KEY = 1024  # bytes of a key, and so the most characters that one can have
_CEPH = "ceph:s3"
_UNFINISHED = ".uploads/"  # where SeaweedFS keeps the parts of what is not whole yet


class Malformed(ValueError):
    """No server says anything in this form."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """An object that is new, or has new bytes; as somebody says."""

    bucket: str
    keys: tuple[str, ...]
    """What it may be called: some servers encode the key as for a URL, and some do not."""


@dataclass(frozen=True, slots=True)
class Message:
    deposits: tuple[Deposit, ...]
    passwords: tuple[str, ...] = ()
    """For each record its `opaqueData`, "" where it has none: Ceph has no other place for one."""


def read(body: bytes) -> Message:
    """`Malformed`. What a known form tells of other things than new objects is left out."""
    found = _json(body)
    if found.get("Type") == "Notification" and isinstance(found.get("Message"), str):  # SNS's
        found = _json(found["Message"])
    if found.get("Event") == "s3:TestEvent":  # AWS says so once, when events are switched on
        return Message(())
    if "Records" in found:
        return _of_records(found["Records"])
    if "event_type" in found:
        return Message(_of_filer(found))
    raise Malformed


def _json(text: bytes | str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(found, dict):
        raise Malformed
    return found


def _of_records(records: object) -> Message:
    if records is None:
        return Message(())
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise Malformed
    deposits = tuple(one for record in records if (one := _of_record(record)) is not None)
    passwords = (record.get("opaqueData") for record in records)
    return Message(deposits, tuple(one if isinstance(one, str) else "" for one in passwords))


def _of_record(record: Mapping[str, Any]) -> Deposit | None:
    match record:
        case {
            "eventName": str(name),
            "s3": {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}},
        }:
            # An upload in parts that has only begun is told of as well, by Ceph (`…:Post`): the
            # listing does not have it yet.
            if not name.removeprefix("s3:").startswith("ObjectCreated:"):
                return None
            keys = (key,) if record.get("eventSource") == _CEPH else (unquote_plus(key), key)
            return _deposit(bucket, *keys)
        case {"eventName": str()}:  # of a bucket as a whole, for one
            return None
    raise Malformed


def _of_filer(event: Mapping[str, Any]) -> tuple[Deposit, ...]:
    """SeaweedFS tells of every file of the filer, and of its folders: `weed/notification`."""
    match event:
        case {"event_type": str(kind), "key": str(path), "message": {**message}}:
            pass
        case _:
            raise Malformed
    new = message.get("new_entry")
    if kind == "delete" or not isinstance(new, dict) or new.get("is_directory"):
        return ()
    folder, name = message.get("new_parent_path"), new.get("name")
    if isinstance(folder, str) and isinstance(name, str):  # of one that was renamed: the new place
        path = f"{folder}/{name}"
    root, _, rest = path.removeprefix("/").partition("/")
    bucket, _, key = rest.partition("/")
    if root != "buckets" or key.startswith(_UNFINISHED):
        return ()
    found = _deposit(bucket, key)
    return () if found is None else (found,)


def _deposit(bucket: str, *keys: str) -> Deposit | None:
    fitting = tuple(dict.fromkeys(key for key in keys if 0 < len(key) <= _LONGEST_KEY))
    return Deposit(bucket, fitting) if fitting else None
