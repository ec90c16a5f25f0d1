"""What every test can ask for."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["tests.portal_servers", "tests.s3_servers"]

_LONG = ("tests/torture/", "tests/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the long tests: else one has them all at the end.

    pytest-xdist hands out the list in as many pieces as there are workers.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.nodeid.startswith(_LONG)]
    short = [item for item in items if not item.nodeid.startswith(_LONG)]
    long.sort(key=lambda item: not item.nodeid.startswith(_LONG[0]))
    items[:] = [
        item
        for worker in range(workers)
        for part in (long, short)
        for item in part[worker::workers]
    ]
