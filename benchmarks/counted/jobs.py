"""The jobs whose instructions are counted; run under valgrind, one job in each process.

    python -m benchmarks.counted.jobs LIBRARY JOB

LIBRARY starts and ends the counting (`counting.c`). Each job is done once beforehand where a
service would have done it before: what is counted is what happens each time. `status`, and a `sync`
that finds nothing to do, are counted from the first import, as whoever types them waits for it.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

_SWITCH = 3600.0  # seconds: else valgrind's slowness has threads take turns as they never do


@contextmanager
def _counted(library: str) -> Iterator[None]:
    counting = ctypes.CDLL(library)
    counting.begin()
    try:
        yield
    finally:
        counting.end()


def main() -> None:
    library, job = sys.argv[1:]
    sys.setswitchinterval(_SWITCH)
    if job in {"status", "sync"}:
        _typed(library, job)
    else:
        _cycle(library, deposit if job == "publication" else lambda: None)


def _typed(library: str, command: str) -> None:
    sys.argv = ["syncd", command]
    code: int | str | None = None
    with _counted(library):
        from syncd.__main__ import main

        try:
            main()
        except SystemExit as ended:
            code = ended.code
    sys.exit(code)


def _cycle(library: str, before: Callable[[], None]) -> None:
    """What the service does at each of its times: by then it has started, and read its manifest."""
    from syncd import bootstrap
    from syncd.actions import sync
    from syncd.cli import session
    from syncd.core import clock
    from syncd.sync.context import RunOptions

    started = session.begin()
    entries = started.manifest.datasets
    with bootstrap.adapters(started, bootstrap.Silence(), read_only=False) as adapters:
        for last in (False, True):
            before()
            if not last:
                sync.sync(entries, entries, adapters, RunOptions(), clock.now())
                continue
            with _counted(library):
                report = sync.sync(entries, entries, adapters, RunOptions(), clock.now())
    assert str(report.summary) == os.environ["EXPECTED"], report.summary


_deposits = 0


def deposit() -> None:
    """New bytes under each of these keys: as large as before, but for guards that nobody trips."""
    global _deposits  # noqa: PLW0603 - a counter of this process
    _deposits += 1
    bucket = urlsplit(os.environ["BUCKET"])
    connection = http.client.HTTPConnection(bucket.netloc)
    for key in os.environ["KEYS"].split():
        rows = "".join(f"{row};valeur {_deposits} de {row}\n" for row in range(2000))
        connection.request("PUT", f"{bucket.path}/{key}", f"numero;valeur\n{rows}".encode())
        connection.getresponse().read()
    connection.close()


if __name__ == "__main__":
    main()
