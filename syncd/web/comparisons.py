"""Held files beside those online, compared apart from the pages that show them.

A file may take minutes to read, and no page waits so long. One comparison is made at a time; what
was found is kept until another cycle has looked at the target.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from syncd import bootstrap
from syncd.actions.file_diff import FileDiff
from syncd.config.configuration import App
from syncd.core.errors import SyncdError
from syncd.core.patience import Patience
from syncd.core.records import Row

log = structlog.get_logger("syncd.web")

PATIENCE = 8.0  # seconds that a page waits for one
_LIMIT = 60.0  # seconds that one waits in all, for a portal or a store that asks for time
_KEPT = 16
_AT_ONCE = 4  # that wait for their turn

Compare = Callable[[App, Row], FileDiff]


def compare(app: App, row: Row) -> FileDiff:
    """As `syncd holds --diff` does. `SyncdError`"""
    from syncd.actions.diff import of_holds  # only here: with it come the steps of a pass

    limit = Patience(_LIMIT, time.monotonic)
    waits = bootstrap.Waits(allows=limit.allows, longest=limit.seconds)
    opened = bootstrap.adapters(app, bootstrap.Silence(), read_only=True, waits=waits)
    with opened as adapters:
        (found,) = of_holds([row], adapters)
    return found


@dataclass(slots=True)
class _Job:
    done: threading.Event = field(default_factory=threading.Event)
    found: FileDiff | None = None


class Comparisons:
    def __init__(self, compare: Compare = compare, patience: float = PATIENCE) -> None:
        self._compare = compare
        self._patience = patience
        self._jobs: OrderedDict[object, _Job] = OrderedDict()
        self._lock = threading.Lock()
        self._one = threading.Lock()

    def of(self, app: App, row: Row) -> FileDiff | None:
        """None where it is not known yet."""
        key = (row.binding, row.judged, row.checked_at)
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                if sum(not one.done.is_set() for one in self._jobs.values()) >= _AT_ONCE:
                    return None
                job = self._jobs[key] = _Job()
                threading.Thread(
                    target=self._work, args=(job, app, row), name="comparison", daemon=True
                ).start()
            self._forget()
        job.done.wait(self._patience)
        if job.found is not None and job.found.trouble is not None:
            with self._lock:  # it may be better the next time
                self._jobs.pop(key, None)
        return job.found

    def _forget(self) -> None:
        """The oldest of those that are done."""
        for key in [key for key, job in self._jobs.items() if job.done.is_set()]:
            if len(self._jobs) <= _KEPT:
                return
            del self._jobs[key]

    def _work(self, job: _Job, app: App, row: Row) -> None:
        try:
            with self._one:
                job.found = self._compare(app, row)
        except SyncdError as error:
            job.found = _failed(row, error)
        except Exception as error:
            log.exception("comparison.failed")
            job.found = _failed(row, SyncdError("page_fault", detail=type(error).__name__))
        finally:
            job.done.set()


def _failed(row: Row, error: SyncdError) -> FileDiff:
    key = row.judged.key if row.judged is not None else row.binding.key
    named = (row.binding.dataset, row.binding.resource, row.title or key, key)
    return FileDiff(*named, is_held=True, trouble=error.reason)
