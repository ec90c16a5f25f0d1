from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncd.core.ports import Portal
from tests.support.portal_clients import client
from tests.support.portal_servers import PortalServer


@pytest.fixture
def portal(portal_server: PortalServer) -> Iterator[Portal]:
    with client(portal_server.url, portal_server.keys["editor"]) as opened:
        yield opened
