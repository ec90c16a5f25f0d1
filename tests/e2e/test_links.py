"""Links, by the installed command: the real portal software and a bucket that anybody may read."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.support.cli_harness import PATIENCE, Office, sha1
from tests.support.portal_servers import PortalServer
from tests.support.public_server import PublicServer
from tests.support.s3_servers import Bucket, Server, fresh_bucket

OLD = b"id\n" + b"0\n" * 100
GOOD = b"id\n" + b"1\n" * 120
SHORT = b"id\n" + b"2\n" * 10


def open_to_all(bucket: Bucket) -> str:
    """What anybody asks for its objects; {key} stands for theirs."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket.bucket}/*"],
            }
        ],
    }
    bucket.client.put_bucket_policy(Bucket=bucket.bucket, Policy=json.dumps(policy))
    return f"{bucket.endpoint}/{bucket.bucket}/{{key}}"


def names(bucket: Bucket) -> list[str]:
    listed = bucket.client.list_objects_v2(Bucket=bucket.bucket).get("Contents", [])
    return [one["Key"] for one in listed]


def new_link(portal: PortalServer, dataset: str) -> str:
    """As a person made it."""
    body = {
        "title": "Tous les musées",
        "description": "Mots de la personne",
        "url": "https://ailleurs.example.org/vieux.csv",
        "filetype": "remote",
        "type": "update",
    }
    answer = portal.call("POST", f"/api/1/datasets/{dataset}/resources/", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def gets(shown: dict[str, Any]) -> bytes:
    """What anybody has by the permanent link."""
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=PATIENCE) as anybody:
        return anybody.get(shown["latest"]).content


@pytest.mark.udata
def test_a_link_is_followed_through_change_hold_release_and_undo(
    udata: PortalServer, seaweed: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    private, public = fresh_bucket(seaweed), fresh_bucket(seaweed)
    house = Office(udata, private, tmp_path_factory.mktemp("links"))
    address = open_to_all(public)
    house.sources = (
        f"  ouvert: {{endpoint: '{public.endpoint}', bucket: {public.bucket}, "
        f"addressing: path, address: '{address}'}}\n"
    )
    house.settings |= {
        "SYNCD_SOURCES__OUVERT__ACCESS_KEY_ID": public.access_key,
        "SYNCD_SOURCES__OUVERT__SECRET_ACCESS_KEY": public.secret_key,
    }
    link = new_link(udata, house.dataset)
    house.entry(resource=link, object="musées/tous les.csv", publish={"copy": "ouvert"})
    private.put("musées/tous les.csv", OLD)

    looked = house.run("check", "--online", "--json").document["online"]["checks"]
    assert [one["result"] for one in looked if one["check"] == "link"] == ["ok"]
    assert names(public) == []
    planned = house.run("plan", "--json").document["actions"]
    assert [(one["action"], one["address"][:7]) for one in planned] == [("replace", "http://")]
    assert names(public) == []
    assert house.sync().code == 0
    first = udata.resource(house.dataset, link)
    assert gets(first) == OLD
    assert (first["checksum"]["value"], first["filesize"]) == (sha1(OLD), len(OLD))
    assert (first["title"], first["description"]) == ("Tous les musées", "Mots de la personne")

    private.put("musées/tous les.csv", SHORT)
    held = house.sync()
    assert held.code == 3
    assert (udata.resource(house.dataset, link), len(names(public))) == (first, 1)
    assert house.run("diff", link).code == 0
    assert house.run("release", link, "--by", "Léa").code == 0
    second = udata.resource(house.dataset, link)
    assert gets(second) == SHORT
    assert second["last_modified"] > first["last_modified"]
    assert house.run("undo", link, "--by", "Léa").code == 0
    assert gets(udata.resource(house.dataset, link)) == OLD
    assert house.sync().code == 0
    assert udata.resource(house.dataset, link)["url"] == first["url"]
    assert len(names(public)) == 2
    assert house.run("verify").code == 0


@pytest.mark.udata
def test_a_public_bucket_that_answers_wrong_late_or_not_at_all_leaves_the_portal_alone(
    udata: PortalServer, seaweed: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bucket = fresh_bucket(seaweed)
    house = Office(udata, bucket, tmp_path_factory.mktemp("links"))
    house.settings["SYNCD_READ_TIMEOUT"] = "1"
    link = new_link(udata, house.dataset)
    house.entry(resource=link, object="a.csv", publish="link")
    bucket.put("a.csv", GOOD)
    before = udata.resource(house.dataset, link)

    private = f"{bucket.endpoint}/{bucket.bucket}/{{key}}"
    with PublicServer().running() as late:
        gate = late.gate()

        def wait(_path: str, right: Any) -> Any:
            right.status, right.body, right.gate = 200, GOOD, gate
            return right

        late.twist = wait
        for address, said in (
            (private, "status 403"),
            ("http://127.0.0.1:1/{key}", "gives no file"),
            (f"{late.url}/x/{{key}}", "took too long"),
        ):
            house.address = address
            done = house.sync()
            assert (done.code, said in done.all) == (1, True), done
            assert udata.resource(house.dataset, link) == before
    house.address = open_to_all(bucket)
    assert house.sync().code == 0
    assert gets(udata.resource(house.dataset, link)) == GOOD
