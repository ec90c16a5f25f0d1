"""What is understood of what S3 servers send, and that nothing of it does harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.adapters.events.forms import Deposit, Malformed, read
from tests.support.event_senders import aws, body, ceph, enveloped, filer, minio
from tests.support.examples import examples

KEY = "musées/liste été+100%41.csv"
KEYS = st.text(min_size=1, max_size=100)
NAMES = ["Records", "eventName", "s3", "bucket", "object", "name", "key", "Type", "Message"]
NAMES += ["event_type", "message", "new_entry", "Event", "opaqueData"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=examples(200))
@given(KEYS)
def test_an_encoded_key_is_known_by_its_name(key: str) -> None:
    for message in (body(aws(key)), minio(key), enveloped(body(aws(key)))):
        (deposit,) = read(message).deposits
        assert (deposit.bucket, key in deposit.keys) == ("opendata", True)


@settings(max_examples=examples(200))
@given(KEYS)
def test_a_bare_key_is_what_it_is(key: str) -> None:
    assert read(body(ceph(key))).deposits == (Deposit("opendata", (key,)),)
    assert read(body({**ceph(key), "eventSource": "other:s3"})).deposits[0].keys.count(key) == 1


def test_the_filer_of_seaweedfs_names_the_path() -> None:
    expected = (Deposit("opendata", (KEY,)),)
    assert read(filer(KEY)).deposits == expected
    assert read(filer(KEY, kind="update")).deposits == expected


def test_what_was_renamed_is_new_in_its_new_place() -> None:
    renamed = json.loads(filer("neuf/b.csv", kind="rename"))
    renamed["key"] = "/buckets/opendata/a.csv"
    assert read(json.dumps(renamed).encode()).deposits == (Deposit("opendata", ("neuf/b.csv",)),)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(body(aws("a.csv", event="ObjectRemoved:Delete")), id="a deletion"),
        pytest.param(body(aws("a.csv", event="s3:ObjectRemoved:Delete")), id="one with s3"),
        pytest.param(body(aws("a.csv", event="ObjectTagging:Put")), id="a tag"),
        pytest.param(body({"eventName": "s3:BucketCreated:*"}), id="a bucket"),
        pytest.param(body(aws("x" * 4000)), id="a key that no object can have"),
        pytest.param(body(), id="nothing"),
        pytest.param(b'{"Records": null}', id="none"),
        pytest.param(
            b'{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}', id="a trial"
        ),
        pytest.param(filer("a.csv", kind="delete"), id="the filer's deletion"),
        pytest.param(filer("dossier", is_directory=True), id="a folder"),
        pytest.param(filer(".uploads/1_2/0001_3.part"), id="a part of an upload"),
        pytest.param(filer("x").replace(b"/buckets/", b"/topics/"), id="another part of the filer"),
    ],
)
def test_what_is_no_new_object_says_nothing(said: bytes) -> None:
    assert read(said).deposits == ()


@pytest.mark.parametrize("event", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
@pytest.mark.parametrize("prefix", ["", "s3:"])
def test_every_way_to_make_an_object_counts(event: str, prefix: str) -> None:
    assert len(read(body(aws("a.csv", event=f"{prefix}ObjectCreated:{event}"))).deposits) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'"Records"',
        b"{}",
        b'{"Records": 1}',
        b'{"Records": [1]}',
        b'{"Records": [{}]}',
        b'{"Records": [{"eventName": 7, "s3": {}}]}',
        b'{"event_type": "create"}',
        b'{"Type": "Notification", "Message": "no"}',
        b"[" * 100_000,
        b'{"Records":' * 50_000,
        b"9" * 10_000,
    ],
    ids=lambda said: f"{said[:24]!r} {len(said)}",
)
def test_what_no_server_sends_is_malformed(said: bytes) -> None:
    with pytest.raises(Malformed):
        read(said)


@settings(max_examples=examples(500))
@given(JSON | st.lists(JSON).map(lambda some: {"Records": some}))
def test_whatever_is_sent_is_read_or_malformed(said: Any) -> None:
    try:
        message = read(json.dumps(said).encode())
    except Malformed:
        return
    assert all(isinstance(key, str) for one in message.deposits for key in one.keys)
    assert all(isinstance(one, str) for one in message.passwords)


@settings(max_examples=examples(200))
@given(st.binary(max_size=60))
def test_so_are_any_bytes(said: bytes) -> None:
    with pytest.raises(Malformed):
        read(b"\x00" + said)


def test_each_record_has_its_own_password() -> None:
    said = body(ceph("a.csv", password="one"), ceph("b.csv"), {**ceph("c.csv"), "opaqueData": 7})
    assert read(said).passwords == ("one", "", "")
