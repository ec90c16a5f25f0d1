"""Listens at the queues in which events come: one thread for each source that has one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from syncd.adapters.events.forms import Malformed, read
from syncd.config.configuration import App
from syncd.config.manifest.loaded_manifest import SourceConfig
from syncd.core.errors import SyncdError
from syncd.service.events import Intake
from syncd.text import sentence

if TYPE_CHECKING:
    from syncd.adapters.events.sqs import Received

log = structlog.get_logger("syncd.events")

_LONGEST_PAUSE = 60.0  # seconds before a queue that does not answer is asked again


class Queue(Protocol):
    def receive(self) -> list[Received]: ...

    def delete(self, messages: Sequence[Received]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """What a queue is opened with; another one is another queue."""

    source: str
    config: SourceConfig
    secrets: tuple[str, ...]


class EventQueues:
    """`open_queue` makes one for the source of this name; it may raise `SyncdError`."""

    def __init__(self, intake: Intake, open_queue: Callable[[App, str], Queue]) -> None:
        self._intake = intake
        self._open_queue = open_queue
        self._listeners: dict[Place, _Listener] = {}

    def follow(self, app: App) -> None:
        """Listen at those that this manifest has, with these secrets, and at no others."""
        wanted = {_place(app, name) for name, one in app.manifest.sources.items() if one.queue}
        for gone in self._listeners.keys() - wanted:
            self._listeners.pop(gone).stop()
        for place in wanted - self._listeners.keys():
            one = _Listener(place.source, app, self._open_queue, self._intake)
            self._listeners[place] = one
            one.start()

    def well(self) -> dict[str, bool]:
        """By source, whether its queue answered when last asked."""
        listeners = dict(self._listeners)
        return {
            place.source: one.is_well for place, one in listeners.items() if one.is_well is not None
        }

    def stop(self) -> None:
        """At once: what a queue answers from now on comes again later."""
        for one in self._listeners.values():
            one.stop()
        self._listeners.clear()


class _Listener:
    def __init__(
        self, source: str, app: App, open_queue: Callable[[App, str], Queue], intake: Intake
    ) -> None:
        self._source = source
        self._app = app
        self._open_queue = open_queue
        self._intake = intake
        self._stopped = threading.Event()
        self.is_well: bool | None = None

    def start(self) -> None:
        # A daemon: it waits for the server's answer for seconds, and nothing is lost with it.
        threading.Thread(target=self._run, name="events", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        queue: Queue | None = None
        failures = 0
        while not self._stopped.is_set():
            try:
                queue = queue or self._open_queue(self._app, self._source)
                self._take(queue)
                failures, self.is_well = 0, True
            except SyncdError as error:
                if self.is_well is not False:
                    why = sentence(error.reason)
                    log.warning("events.queue_away", source=self._source, why=why)
                failures, self.is_well = failures + 1, False
            except Exception:
                log.exception("events.fault", source=self._source)
                failures, self.is_well = failures + 1, False
            if failures:
                self._stopped.wait(min(_LONGEST_PAUSE, 2.0 ** min(failures, 10)))
        if queue is not None:
            queue.close()

    def _take(self, queue: Queue) -> None:
        messages = queue.receive()
        by = self._intake.in_force()
        if not messages or self._stopped.is_set():
            return
        if by is None or self._source not in by.app.manifest.sources:  # it is left at once
            return
        for message in messages:
            try:
                self._intake.keep(self._source, read(message.body), by)
            except Malformed:
                self._intake.refuse(self._source, "malformed")
        queue.delete(messages)


def _place(app: App, name: str) -> Place:
    keys = app.settings.sources.get(name)
    secrets = (one.get_secret_value() if one else "" for _, one in keys or ())
    return Place(name, app.manifest.sources[name], tuple(secrets))
