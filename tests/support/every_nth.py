"""A plugin of pytest: every EVERY_NTH-th of the tests that were chosen otherwise."""

import os

import pytest

NTH = int(os.environ["EVERY_NTH"])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    taken = items[::NTH]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(taken)])
    items[:] = taken
