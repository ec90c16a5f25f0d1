"""syncd's own reading of listings says the same as boto3's, on two real S3 servers."""

from __future__ import annotations

from datetime import UTC
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore import handlers, parsers

from syncd.adapters.s3 import botocore_internals, plain_pages
from syncd.core.objects import Fingerprint, Version
from tests.support.clients import versions_of
from tests.support.s3_servers import ODD_KEYS, Bucket, Server, fresh_bucket

pytestmark = pytest.mark.s3


@pytest.fixture(params=[True, False], ids=["plain", "by elements"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a parser where the page is plain, which is every server's here; and with one."""
    if not request.param:
        monkeypatch.setattr(plain_pages, "split", lambda _: None)


def as_boto3_says(bucket: Bucket, **asked: Any) -> list[Version]:
    pages = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.bucket, **asked)
    return [
        Version(
            one["Key"],
            Fingerprint(
                one["ETag"],
                one["Size"],
                one["LastModified"].astimezone(UTC).replace(microsecond=0),
            ),
        )
        for page in pages
        for one in page.get("Contents", ())
    ]


@pytest.mark.usefixtures("each_way")
@pytest.mark.parametrize("count", [0, 1, 2, pytest.param(1001, marks=pytest.mark.stress)])
def test_every_number_of_objects_is_read_alike(s3: Bucket, count: int) -> None:
    for n in range(count):
        s3.put(f"a/{n}.csv", b"x" * (n % 3))
    listed = list(versions_of(s3.source(), "", recursive=True))
    assert listed == as_boto3_says(s3)
    assert len(listed) == count


@pytest.mark.usefixtures("each_way")
def test_odd_keys_are_read_alike(s3: Bucket) -> None:
    for key in ODD_KEYS:
        s3.put(key, key.encode())
    s3.put_multipart("parts.bin", b"x")
    for prefix in ("", "mus", "with space", "percent%"):
        assert list(versions_of(s3.source(), prefix, recursive=True)) == as_boto3_says(
            s3, Prefix=prefix
        )
    flat = as_boto3_says(s3, Delimiter="/")
    assert list(versions_of(s3.source(), "", recursive=False)) == flat


@pytest.mark.usefixtures("each_way")
def test_control_characters_are_read_alike(seaweed: Server) -> None:
    """On SeaweedFS only: moto answers with XML that nobody can read."""
    bucket = fresh_bucket(seaweed)
    for key in ("tab\there.csv", "line\nhere.csv", "bell\x07.csv", "\u2028.csv", "\x7f.csv"):
        bucket.put(key, b"x")
    listed = list(versions_of(bucket.source(), "", recursive=True))
    assert listed == as_boto3_says(bucket)
    assert len(listed) == 5


# -- when botocore changes inside ---------------------------------------------------------------


class OtherParser(parsers.RestXMLParser):
    def _handle_list(self, node: Any) -> Any:
        raise NotImplementedError


class OtherParse(parsers.RestXMLParser):
    def parse(self, response: Any) -> Any:  # type: ignore[override]
        raise NotImplementedError


def without(module: ModuleType, name: str, **other: Any) -> SimpleNamespace:
    return SimpleNamespace(**{k: v for k, v in vars(module).items() if k != name} | other)


CHANGES = {
    "no parser of XML": ("parsers", without(parsers, "RestXMLParser")),
    "a parser that reads lists by another name": (
        "parsers",
        without(parsers, "RestXMLParser", RestXMLParser=object),
    ),
    "a parser that reads lists from other arguments": (
        "parsers",
        without(parsers, "RestXMLParser", RestXMLParser=OtherParser),
    ),
    "a parser that parses by other arguments": (
        "parsers",
        without(parsers, "RestXMLParser", RestXMLParser=OtherParse),
    ),
    "no factory of parsers": ("parsers", without(parsers, "ResponseParserFactory")),
    "no table of handlers": ("handlers", without(handlers, "BUILTIN_HANDLERS")),
    "no check of errors with status 200": (
        "handlers",
        without(handlers, "BUILTIN_HANDLERS", BUILTIN_HANDLERS=[("before-parse.s3.*", print)]),
    ),
}


def entries_read_by_us(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    read, entry, split = [], botocore_internals._entry, plain_pages.split

    def noted(node: Any) -> dict[str, Any]:
        read.append(node)
        return entry(node)

    def split_noted(body: bytes) -> plain_pages.PlainPage | None:
        page = split(body)
        read.extend(page.texts["Key"] if page is not None else ())
        return page

    monkeypatch.setattr(botocore_internals, "_entry", noted)
    monkeypatch.setattr(plain_pages, "split", split_noted)
    return read


@pytest.mark.parametrize(("name", "changed"), CHANGES.values(), ids=CHANGES)
def test_where_botocore_has_changed_inside_it_reads_by_itself(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch, name: str, changed: SimpleNamespace
) -> None:
    for key in ODD_KEYS:
        s3.put(key, key.encode())
    monkeypatch.setattr(botocore_internals, name, changed)
    by_us = entries_read_by_us(monkeypatch)

    assert not botocore_internals.is_known()
    source = s3.source()
    listed = list(versions_of(source, "", recursive=True))
    assert listed == as_boto3_says(s3)
    assert len(by_us) == (0 if name == "parsers" else len(listed))
    for version in listed:
        with source.open(version) as opened:
            assert b"".join(opened.chunks) == version.key.encode()


def test_the_installed_botocore_is_as_it_was_inside(
    s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else listings are right, and slow."""
    assert botocore_internals.is_known()
    s3.put("a.csv", b"x")
    by_us = entries_read_by_us(monkeypatch)
    assert len(list(versions_of(s3.source(), "", recursive=True))) == len(by_us) == 1
