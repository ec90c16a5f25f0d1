"""Answers that no portal should give: each ends in one of our errors, and none goes on for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from syncd.adapters.portal import HttpPortal
from syncd.core.errors import PortalUnreachable
from tests.support.clients import http_portal

ID = "5d2c4f6e8b4c4110c5a1b2c3"
# JSON as Python reads it knows numbers without end.
FILE = {"id": "r", "title": "R", "filetype": "file", "url": "u", "latest": "l", "filesize": 1e999}
DATASET = {"id": ID, "title": "T", "resources": [FILE]}
ANSWERS: dict[str, Any] = {
    "/api/1/datasets/": DATASET,
    "/api/2/datasets/resources/": b"[" * 100_000,
    "/api/1/organizations/": {"data": [{"id": ID, "deleted": None}], "next_page": "more"},
}


class _Odd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece

    def do_GET(self) -> None:
        found = next(answer for path, answer in ANSWERS.items() if self.path.startswith(path))
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[HttpPortal]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Odd) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        portal = http_portal(
            f"http://127.0.0.1:{server.server_port}", "", wait=lambda _seconds: None
        )
        yield portal
        portal.close()
        server.shutdown()


def test_a_size_without_end_is_no_answer_of_a_portal(odd: HttpPortal) -> None:
    with pytest.raises(PortalUnreachable) as caught:
        odd.describe(ID)
    assert caught.value.reason.code == "portal_not_udata"


def test_an_organization_whose_list_never_ends_is_given_up(odd: HttpPortal) -> None:
    with pytest.raises(PortalUnreachable) as caught:
        odd.datasets_of("musees")
    assert caught.value.reason.facts["what"] == "organization"


def test_an_answer_that_is_nested_without_end_is_none_of_a_portal(odd: HttpPortal) -> None:
    with pytest.raises(PortalUnreachable) as caught:
        odd.dataset_of("r")
    assert caught.value.reason.code == "portal_not_udata"


# -- values of another kind ----------------------------------------------------------------------

RESOURCE = {
    "id": "f1e2d3c4-0000-4000-8000-000000000001",
    "title": "R",
    "filetype": "file",
    "url": "http://portal.example/a.csv",
    "latest": "http://portal.example/r",
    "filesize": 5,
    "checksum": {"type": "sha1", "value": "a" * 40},
    "extras": {},
}
WHOLE = {"id": ID, "title": "T", "page": "p", "resources": [RESOURCE]}
OF_DATASETS = {
    **{f"id {value!r}": {**WHOLE, "id": value} for value in (None, 1, "", "a/../b", "a\nb", [])},
    **{f"title {value!r}": {**WHOLE, "title": value} for value in (1, [], {}, True)},
    **{f"resources {value!r}": {**WHOLE, "resources": value} for value in ({}, "", 0, [1], None)},
    **{
        f"{field} {value!r}": {**WHOLE, "resources": [{**RESOURCE, field: value}]}
        for field, values in {
            "id": (None, 1, "", "../x", "a\x00b", ["x"]),
            "title": (1, ["x"], {}),
            "filetype": (1, []),
            "url": (1, {}, ["x"]),
            "latest": (False, []),
            "filesize": (True, "5", 5.5, 10**30, [5]),
            "checksum": ("x", [1], 1),
            "extras": ([["a", "b"]], "x", 1),
        }.items()
        for value in values
    },
    "another dataset": {**WHOLE, "id": "0" * 24},
    "half of a letter": json.dumps({**WHOLE, "title": "\ud800"}).encode(),
    "half of a letter as bytes": json.dumps(WHOLE).encode().replace(b'"T"', b'"\xed\xa0\x80"'),
    "UTF-16": json.dumps(WHOLE).encode("utf-16"),
}


def refusal(ask: Any) -> str:
    with pytest.raises(PortalUnreachable) as caught:
        ask()
    return caught.value.reason.code


def test_the_answer_that_is_made_odd_here_is_a_good_one(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = json.dumps({**WHOLE, "title": "\N{CLASSICAL BUILDING}"}).encode()  # in two halves
    for body in (whole, b"\xef\xbb\xbf" + whole):
        monkeypatch.setitem(ANSWERS, "/api/1/datasets/", body)
        assert odd.describe(ID).title == "\N{CLASSICAL BUILDING}"


@pytest.mark.parametrize("url", ["http://[half/b.csv", "http://a\u2100b.example/b.csv"])
def test_a_link_that_somebody_mistyped_spoils_no_other_resource(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    link = {**RESOURCE, "id": "f1e2d3c4-0000-4000-8000-000000000002", "url": url}
    monkeypatch.setitem(ANSWERS, "/api/1/datasets/", {**WHOLE, "resources": [RESOURCE, link]})
    assert [one.made_title for one in odd.describe(ID).resources] == ["a.csv", "b.csv"]


@pytest.mark.parametrize("what", OF_DATASETS)
def test_a_value_of_another_kind_is_none_of_a_portal(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setitem(ANSWERS, "/api/1/datasets/", OF_DATASETS[what])
    assert refusal(lambda: odd.describe(ID)) == "portal_not_udata"


@pytest.mark.parametrize("told", [{}, "csv", [None], [["csv"]], {"csv": True}, 1])
def test_extensions_that_are_no_list_of_words_accept_and_refuse_nothing(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    monkeypatch.setitem(ANSWERS, "/api/1/datasets/", told)
    assert refusal(odd.extensions) == "portal_not_udata"


@pytest.mark.parametrize("told", [None, 1, "", "a/../b", "a\nb", ["x"], {"x": 1}])
def test_what_is_no_identifier_becomes_no_part_of_an_address(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    monkeypatch.setitem(ANSWERS, "/api/1/datasets/", {"id": told})
    monkeypatch.setitem(ANSWERS, "/api/2/datasets/resources/", {"dataset_id": told})
    page = {"data": [{"id": told, "deleted": None}], "next_page": None}
    monkeypatch.setitem(ANSWERS, "/api/1/organizations/", page)
    for ask in (
        lambda: odd.resolve("un-nom"),
        lambda: odd.dataset_of("r"),
        lambda: odd.datasets_of("musees"),
    ):
        assert refusal(ask) == "portal_not_udata"


@pytest.mark.parametrize("more", [0, False, [], {}, 1])
def test_a_list_that_does_not_say_whether_it_goes_on_is_none(
    odd: HttpPortal, monkeypatch: pytest.MonkeyPatch, more: object
) -> None:
    page = {"data": [{"id": ID, "deleted": None}], "next_page": more}
    monkeypatch.setitem(ANSWERS, "/api/1/organizations/", page)
    assert refusal(lambda: odd.datasets_of("musees")) == "portal_not_udata"
