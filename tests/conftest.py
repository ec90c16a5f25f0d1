"""What every test can ask for."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.portal_servers", "tests.s3_servers"]

_LONG = ("tests/torture/", "tests/e2e/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: else one worker ends with them, and the others wait."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))
