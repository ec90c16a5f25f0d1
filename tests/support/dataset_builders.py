"""Datasets with every point of the portal’s quality score, and topics that list them."""

from __future__ import annotations

import itertools
from typing import Any

from tests.support import audit_builders
from tests.support.portal_servers import PortalServer

GOOD: dict[str, Any] = {
    "description": "Un jeu de test, décrit comme il faut. " * 4,
    "description_short": "Un jeu de test.",
    "license": "lov2",
    "frequency": "daily",
    "tags": ["musee", "patrimoine", "culture"],
    "temporal_coverage": {"start": "2020-01-01", "end": "2024-12-31"},
    "spatial": {"granularity": "poi", "zones": []},
}
NINE = set(audit_builders.NINE)
_names = itertools.count(1)


def new_topic(server: PortalServer, *datasets: str, notes: int = 0) -> dict[str, Any]:
    answer = server.call(
        "POST", "/api/2/topics/", "orgadmin", json={"name": f"Univers {next(_names)}"}
    )
    assert answer.status_code == 201, answer.text
    topic: dict[str, Any] = answer.json()
    elements: list[dict[str, Any]] = [
        {"element": {"class": "Dataset", "id": dataset}} for dataset in datasets
    ]
    elements[1:1] = [{"title": f"note {n}"} for n in range(notes)]
    path = f"/api/2/topics/{topic['id']}/elements/"
    assert server.call("POST", path, "orgadmin", json=elements).status_code == 201
    return topic
