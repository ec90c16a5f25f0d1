"""Offices: a fresh bucket on a real S3 server, and a fresh dataset on a portal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.simulator import Simulator
from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.recording_proxy import Doorway
from tests.support.s3_servers import Bucket


@pytest.fixture
def real(udata: PortalServer, seaweed_bucket: Bucket, tmp_path: Path) -> Office:
    """On the real portal software."""
    return Office(udata, seaweed_bucket, tmp_path)


@pytest.fixture
def office(simulator: Simulator, seaweed_bucket: Bucket, tmp_path: Path) -> Iterator[Office]:
    """On a simulated portal of its own, where trouble can be ordered."""
    with PortalServer("simulator", simulator.facts()) as portal:
        yield Office(portal, seaweed_bucket, tmp_path, simulator=simulator)


@pytest.fixture
def watched(
    portal_server: PortalServer, seaweed_bucket: Bucket, tmp_path: Path
) -> Iterator[tuple[Office, Doorway]]:
    """On either portal, through a doorway that counts requests and can hold answers back."""
    with Doorway(portal_server.url) as doorway:
        yield Office(portal_server, seaweed_bucket, tmp_path, url=doorway.url), doorway
