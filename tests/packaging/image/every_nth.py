"""A plugin of pytest: every SYNCD_TEST_SHARE-th of the tests that were chosen otherwise."""

import os

import pytest

SHARE = int(os.environ["SYNCD_TEST_SHARE"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    taken = items[::SHARE]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(taken)])
    items[:] = taken
