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
