"""What every test can ask for, and what makes all of them shorter."""

import os
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

# With lxml, which a tool of releases brings, openpyxl writes other bytes than alone.
os.environ["OPENPYXL_LXML"] = "False"

import pytest
from hypothesis import HealthCheck, settings

from syncd import text
from syncd.text import figures
from tests.support.botocore_tables import read_tables_once
from tests.support.ledger_statements import compile_statements_once
from tests.support.network.authorities import trust_nobody

pytest_plugins = [
    "tests.support.portal_servers",
    "tests.support.postgres_servers",
    "tests.support.s3_servers",
    "tests.support.archives",
    "tests.support.offices",
]

SHARE = int(os.environ.get("SYNCD_TEST_SHARE", "1"))
MANY = 20  # cases of one test in `make stress`, from which on a share of them is taken

trust_nobody()
read_tables_once()
compile_statements_once()

# `make stress` takes the full one. A test with numbers of its own asks `tests.support.examples`.
# How long an example takes is the machine's doing, which may be busy.
settings.register_profile(
    "full", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("short", settings.get_profile("full"), max_examples=25)
settings.load_profile("short")


@pytest.fixture(autouse=True)
def _as_a_process_begins() -> Iterator[None]:
    """Language and zone are a process's: the next test in this one begins with its own."""
    yield
    text.speak("en")
    figures.tell_time_in(ZoneInfo("UTC"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`SYNCD_TEST_SHARE=2`: of a test's many long cases every second one, for a build machine."""
    long = [item for item in items if item.get_closest_marker("stress")]
    cases = Counter(_test_of(item) for item in long)
    seen = Counter[str]()
    left_out = []
    for item in long:
        test = _test_of(item)
        seen[test] += 1
        if cases[test] >= MANY and seen[test] % SHARE:
            left_out.append(item)
    config.hook.pytest_deselected(items=left_out)
    taken_out = set(left_out)
    items[:] = [item for item in items if item not in taken_out]


def _test_of(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]
