"""What every test can ask for, and what makes all of them shorter."""

from hypothesis import settings

from tests.support.botocore_tables import read_tables_once
from tests.support.ledger_statements import compile_statements_once
from tests.support.network.authorities import trust_nobody

pytest_plugins = [
    "tests.support.portal_servers",
    "tests.support.s3_servers",
    "tests.support.offices",
]

trust_nobody()
read_tables_once()
compile_statements_once()

# `make stress` takes the full one. A test with numbers of its own asks `tests.support.examples`.
settings.register_profile("full", max_examples=100)
settings.register_profile("short", max_examples=25)
settings.load_profile("short")
