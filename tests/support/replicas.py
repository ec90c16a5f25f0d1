"""`syncd run` on machines of their own, as far as files go, with one ledger on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.cli_harness import Office, Running


def sharing(office: Office, database: str, **settings: str) -> Office:
    """Whoever works here has this ledger."""
    office.settings |= {"SYNCD_DATABASE_URL": database, "SYNCD_HTTP_ADDRESS": "off", **settings}
    office.defaults = "schedule: {every: 1d}"
    return office


@contextmanager
def replica(
    office: Office, name: str, setup: Callable[[], None] | None = None, **settings: str
) -> Iterator[Running]:
    state = str(office.folder / name)
    with office.start("run", setup=setup, SYNCD_STATE_DIR=state, **settings) as running:
        yield running
