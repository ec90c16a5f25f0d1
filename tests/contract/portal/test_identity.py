"""Keys, sessions and rights, on the simulator and on the real portal software."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.support.portal_servers import PortalServer

UNKNOWN = "0" * 24


def new_token(portal_server: PortalServer) -> dict[str, str]:
    answer = portal_server.call("POST", "/api/1/me/api_tokens/", json={"name": "for a test"})
    assert answer.status_code == 201
    found: dict[str, str] = answer.json()
    return found


def test_a_key_says_who_one_is(portal_server: PortalServer) -> None:
    me = portal_server.call("GET", "/api/1/me/").json()
    assert me["email"] == "editor@example.org"
    assert me["first_name"] == "Editor"
    assert me["slug"] == "editor-lab"
    assert me["active"] is True
    assert me["roles"] == []
    mine = {one["id"]: one for one in me["organizations"]}  # others may have let it in meanwhile
    organization = mine[portal_server.organization]
    assert organization["name"] == "Ville de Test"
    assert organization["permissions"]["private"] is True


def test_a_site_administrator_is_told_so(portal_server: PortalServer) -> None:
    assert portal_server.call("GET", "/api/1/me/", "sysadmin").json()["roles"] == ["admin"]
    assert portal_server.call("GET", "/api/1/me/", "stranger").json()["organizations"] == []


def test_without_a_key_a_secured_route_answers_401(portal_server: PortalServer) -> None:
    answer = portal_server.call("GET", "/api/1/me/", None)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("The server could not verify that you are")
    assert answer.headers["www-authenticate"] == 'Bearer realm="uData"'


def test_an_unknown_key_is_refused(portal_server: PortalServer) -> None:
    answer = portal_server.call("GET", "/api/1/me/", "udata_nobody")
    assert answer.status_code == 401
    assert answer.json() == {"message": "Invalid API token"}


def test_an_unknown_key_fails_even_what_is_public(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    for path in (f"/api/1/datasets/{dataset}/", "/api/1/datasets/extensions/"):
        assert portal_server.call("GET", path, None).status_code == 200
        assert portal_server.call("GET", path, "udata_nobody").status_code == 401


def test_an_unknown_dataset_is_404_before_any_look_at_the_key(portal_server: PortalServer) -> None:
    path = f"/api/1/datasets/{UNKNOWN}/"
    assert portal_server.call("GET", path, "udata_nobody").status_code == 404
    assert portal_server.call("POST", f"{path}upload/", None).status_code == 404


def test_a_revoked_key_is_refused(portal_server: PortalServer) -> None:
    token = new_token(portal_server)
    assert portal_server.call("GET", "/api/1/me/", token["token"]).status_code == 200
    gone = portal_server.call("DELETE", f"/api/1/me/api_tokens/{token['id']}/")
    assert gone.status_code == 204
    answer = portal_server.call("GET", "/api/1/me/", token["token"])
    assert answer.status_code == 401
    assert answer.json() == {"message": "Revoked API token"}


def test_an_expired_key_is_refused(portal_server: PortalServer) -> None:
    token = new_token(portal_server)
    portal_server.lab("expire", {"token": token["token"]})
    answer = portal_server.call("GET", "/api/1/me/", token["token"])
    assert answer.status_code == 401
    assert answer.json() == {"message": "Expired API token"}


def test_a_key_tells_when_it_expires(portal_server: PortalServer) -> None:
    wanted = {"name": "syncd", "expires_at": "2130-01-01T00:00:00Z"}
    made = portal_server.call("POST", "/api/1/me/api_tokens/", "partial", json=wanted).json()
    assert made["expires_at"] == "2130-01-01T00:00:00+00:00"
    listed = portal_server.call("GET", "/api/1/me/api_tokens/", "partial").json()
    (same,) = [token for token in listed if token["id"] == made["id"]]
    assert same["expires_at"] == made["expires_at"]
    assert same["token_prefix"] == made["token"][:14]
    assert "token" not in same


def test_the_list_shows_ones_own_keys_by_their_beginnings_and_their_last_use(
    portal_server: PortalServer,
) -> None:
    revoked = portal_server.call("POST", "/api/1/me/api_tokens/", "partial", json={}).json()
    portal_server.call("DELETE", f"/api/1/me/api_tokens/{revoked['id']}/", "partial")
    expired = portal_server.call("POST", "/api/1/me/api_tokens/", "partial", json={}).json()
    portal_server.lab("expire", {"token": expired["token"]})

    listed = portal_server.call("GET", "/api/1/me/api_tokens/", "partial").json()

    key = portal_server.keys["partial"]
    (own,) = [token for token in listed if key.startswith(token["token_prefix"])]
    assert own["expires_at"] is None
    used = datetime.fromisoformat(own["last_used_at"])
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=1)
    shown = {token["id"] for token in listed}
    assert revoked["id"] not in shown
    assert expired["id"] in shown
    others = [k for name, k in portal_server.keys.items() if name != "partial"]
    starts = tuple(token["token_prefix"] for token in listed)
    assert not any(other.startswith(starts) for other in others)


def test_every_answer_tells_the_time(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    answers = [
        portal_server.call("GET", "/api/1/me/"),
        portal_server.call("GET", "/api/1/me/", "udata_nobody"),
        portal_server.call("GET", f"/api/1/datasets/{UNKNOWN}/"),
        portal_server.call(
            "POST", f"/api/1/datasets/{dataset}/upload/", files={"file": ("a", b"")}
        ),
    ]
    for answer in answers:
        assert len(answer.headers.get_list("Date")) == 1
        told = parsedate_to_datetime(answer.headers["Date"])
        assert abs(datetime.now(UTC) - told) < timedelta(seconds=10)


def test_a_key_cannot_be_made_to_expire_in_the_past(portal_server: PortalServer) -> None:
    wanted = {"name": "late", "expires_at": "2020-01-01T00:00:00Z"}
    answer = portal_server.call("POST", "/api/1/me/api_tokens/", json=wanted)
    assert answer.status_code == 400
    assert answer.json() == {"message": "expires_at must be in the future"}


def test_a_cookie_overrides_the_key(portal_server: PortalServer) -> None:
    """The trap for which syncd refuses cookies."""
    with httpx.Client(base_url=portal_server.url) as client:
        first = client.get("/api/1/me/", headers={"X-API-KEY": portal_server.keys["editor"]})
        assert "session" in first.cookies
        other = client.get("/api/1/me/", headers={"X-API-KEY": portal_server.keys["stranger"]})
        assert other.json()["slug"] == "editor-lab"
        bad = client.get("/api/1/me/", headers={"X-API-KEY": "udata_nobody"})
        assert bad.status_code == 200
        assert bad.json()["slug"] == "editor-lab"


@pytest.mark.parametrize(
    ("person", "rights"),
    [
        ("sysadmin", True),
        ("orgadmin", True),
        ("editor", True),
        ("partial", False),
        ("stranger", False),
        (None, False),
    ],
)
def test_the_dataset_says_what_a_key_may_do(
    portal_server: PortalServer, person: str | None, rights: bool
) -> None:
    dataset = portal_server.new_dataset()
    shown = portal_server.dataset(dataset, person)
    assert shown["permissions"] == {"delete": rights, "edit": rights, "edit_resources": rights}


@pytest.mark.parametrize("person", ["partial", "stranger"])
def test_without_rights_every_write_is_403(portal_server: PortalServer, person: str) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    path = f"/api/1/datasets/{dataset}/"
    one = f"{path}resources/{resource}/"
    sent = {"files": {"file": ("b.csv", b"2")}}
    answers = [
        portal_server.call("POST", f"{path}upload/", person, **sent),
        portal_server.call("POST", f"{one}upload/", person, **sent),
        portal_server.call("PUT", one, person, json={"title": "x"}),
        portal_server.call("DELETE", one, person),
        portal_server.call("DELETE", path, person),
        portal_server.call("PUT", f"{one.replace('/1/', '/2/')}extras/", person, json={"a": 1}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert answers[0].json() == {"message": "You do not have the permission to modify that object."}
    assert portal_server.resource(dataset, resource)["title"] == "a.csv"


def test_without_a_key_every_write_is_401(portal_server: PortalServer) -> None:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"1")["id"]
    path = f"/api/1/datasets/{dataset}/"
    one = f"{path}resources/{resource}/"
    sent = {"files": {"file": ("b.csv", b"2")}}
    answers = [
        portal_server.call("POST", f"{path}upload/", None, **sent),
        portal_server.call("POST", f"{one}upload/", None, **sent),
        portal_server.call("PUT", one, None, json={"title": "x"}),
        portal_server.call("DELETE", one, None),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
