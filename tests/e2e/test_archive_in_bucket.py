"""Kept files in a bucket, by the installed command: another machine goes back."""

from __future__ import annotations

import shutil

import pytest

from tests.support.cli_harness import Office, sha1
from tests.support.s3_servers import Bucket, Server, fresh_bucket

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 100
BAD = b"id\n" + b"2\n" * 120
SECRET = "SYNCD_ARCHIVE_SECRET_ACCESS_KEY"


@pytest.fixture
def kept(seaweed: Server) -> Bucket:
    return fresh_bucket(seaweed)


@pytest.fixture
def house(office: Office, kept: Bucket) -> Office:
    office.settings |= {
        "SYNCD_ARCHIVE": f"s3://{kept.bucket}/syncd",
        "SYNCD_ARCHIVE_ENDPOINT": kept.endpoint,
        "SYNCD_ARCHIVE_ACCESS_KEY_ID": kept.access_key,
        SECRET: kept.secret_key,
    }
    return office


def names(kept: Bucket) -> set[str]:
    listed = kept.client.list_objects_v2(Bucket=kept.bucket).get("Contents", [])
    return {one["Key"] for one in listed}


def test_a_machine_with_an_empty_folder_goes_back_and_purges(house: Office, kept: Bucket) -> None:
    resource = house.target("Liste", "a.csv", GOOD)
    looked = house.run("check", "--online", "--json")
    (tried,) = (one for one in looked.document["online"]["checks"] if one["check"] == "archive")
    assert (tried["result"], names(kept)) == ("ok", set())
    assert house.sync().code == 0
    house.bucket.put("a.csv", BAD)
    assert house.sync().code == 0
    assert {f"syncd/{sha1(GOOD)}", f"syncd/{sha1(BAD)}"} <= names(kept)
    assert not (house.state / "archive").exists()

    made = house.run("backup", str(house.folder / "syncd.tar"))
    assert made.code == 0
    assert f"Kept files are in s3://{kept.bucket}/syncd/" in made.out
    shutil.rmtree(house.state)
    restored = house.run("restore", str(house.folder / "syncd.tar"), "--by", "Léa")
    assert restored.code == 0, restored
    assert "cannot go back" not in restored.out
    back = house.run("undo", resource, "--by", "Léa")
    assert back.code == 0, back
    assert house.permanent_link(resource) == GOOD
    assert house.run("purge", resource, "--yes").code == 0
    assert names(kept) == set()


def test_a_key_that_is_refused_is_said_and_never_shown(house: Office, kept: Bucket) -> None:
    resource = house.target("Liste", "a.csv", GOOD)
    house.settings[SECRET] = "not-this-one-0123456789"

    looked, done = house.run("check", "--online"), house.sync()

    assert looked.code == 1
    assert done.code == 0
    assert house.permanent_link(resource) == GOOD
    for one in (looked, done):
        assert kept.bucket in one.all
        assert "SYNCD_ARCHIVE_SECRET_ACCESS_KEY" in one.all
        assert "not-this-one" not in one.all
