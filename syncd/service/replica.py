"""One of several syncd on one ledger: a single one leads, and all of them work.

Whoever leads plans and tells, as a syncd alone does; all work on what it puts in the queue. The
lead is a lock like a dataset's: it passes to another within half a minute of its holder's death,
and at once where that ends well. Nothing depends on there being one leader only: each dataset has
its own lock. Whose turn it is where replicas differ, `agreement` decides.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from syncd import __version__
from syncd.adapters.ledger import SqlLedger
from syncd.adapters.ledger.locks import LEAD, PRESENT, SERVICE, LockRow, LockRows
from syncd.config.settings import Settings
from syncd.core import clock
from syncd.core.errors import Abandoned, LedgerError, LockLost
from syncd.core.ports import Usage
from syncd.core.reasons import Fact, Reason, because
from syncd.core.service_records import Fleet, ServiceNote, event_facts
from syncd.service.agreement import Own, differences, gives_way, number
from syncd.service.event_service import EventService, by_few_requests
from syncd.service.health import usages
from syncd.service.http import HttpServer
from syncd.service.own_manifest import OwnManifest
from syncd.service.signals import RELOAD, SYNC, SignalQueue
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from syncd.text import sentence

if TYPE_CHECKING:
    from syncd.service.hands import Hands

log = structlog.get_logger("syncd.replica")

_TRY_EVERY = 2.0  # seconds
_TELL_EVERY = 60.0  # seconds
# How long the lead is left to one that should rather have it; it may hang as well.
COURTESY = 30.0  # seconds
# After the database was away nobody is there for a moment, until each one has said so again.
SEEN_AGAIN = 7.0  # seconds
# A change reaches all within some seconds where they share a disk: only what lasts is told.
LASTS = 10.0  # seconds


class Replica:
    """`was_deposed`: another one leads by now, so this one has to stand by again. `beside`: the
    process that this one only works beside."""

    def __init__(
        self,
        ledger: SqlLedger,
        store: LockRows,
        signals: SignalQueue,
        *,
        beside: int = 0,
        version: str = __version__,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._signals = signals
        self._version = version
        self._beside: Mapping[str, Fact] = {"beside": beside} if beside else {}
        self._me: LockRow | None = None
        self._lead: LockRow | None = None
        self._id = ""
        self._said: Mapping[str, Fact] = {}
        self._agreed = ""  # the manifest here, as of when it was last the one in force
        self._clock = clock
        self._events_told_at = -_TELL_EVERY
        self._found: dict[str, tuple[Reason, float]] = {}  # what differs, and since when
        self._told: dict[str, Reason] = {}
        self._free_since: float | None = None  # since when nobody leads
        self._has_stood_by = False
        self.was_deposed = False
        self.works_by = ""  # digest of the manifest of the one who leads here
        self.is_behind = False
        self.is_outdated = False
        self.is_led = False  # by this one or another, as far as is known

    @contextmanager
    def present(self) -> Iterator[None]:
        """Others see it inside the block. `LedgerError`."""
        with suppress(LedgerError):  # whoever starts next does it
            self._store.drop_dead()
        me = self._ledger.starting(self._appear)
        try:
            yield
        finally:
            me.leave()

    def _appear(self) -> LockRow:
        # As another one each time: what was stored although the answer was lost expires.
        self._id = secrets.token_hex(8)
        self._me = self._store.place(SERVICE, f"{PRESENT}{self._id}")
        self._me.take(self._note())
        return self._me

    def tries(self) -> bool:
        """Whether it leads from now on. `LedgerError`."""
        in_force = self._store.fleet().manifest  # stays so until it took another one
        place = self._store.place(SERVICE, LEAD)
        if not place.take({**self._note(), "manifest": in_force}):
            return False
        self._lead, self.was_deposed, self.works_by = place, False, in_force
        self._said = {}  # of the lead, nothing yet
        return True

    def may_lead(self, digest: str, *, has_any: bool) -> bool:
        """Whether it is its turn. Says what it has of its own, each thing once. `LedgerError`.

        `digest`, `has_any`: as of `OwnManifest`.
        """
        fleet = self._store.fleet()
        if digest == fleet.manifest:
            self._agreed = digest
        differs = "" not in {digest, fleet.manifest} and digest != fleet.manifest
        self.is_behind = differs and digest == self._agreed
        self.is_outdated = self._ledger.is_outdated()
        own = Own(
            version=self._version,
            manifest=digest,
            has_any=has_any,
            is_behind=self.is_behind,
            is_outdated=self.is_outdated,
        )
        self._say({"manifest": own.manifest, "able": own.is_able})
        self._tell(differences(own, fleet))
        self.is_led = fleet.is_led
        return own.is_able and self._is_its_turn(own, fleet, differs=differs)

    def _is_its_turn(self, own: Own, fleet: Fleet, *, differs: bool) -> bool:
        if fleet.is_led:
            self._free_since, self._has_stood_by = None, True
            return False
        if self._free_since is None:
            self._free_since = self._clock()
        free_for = self._clock() - self._free_since
        others = [one for one in fleet.replicas if one.id != self._id]
        if gives_way(own, others, fleet.manifest):
            self._has_stood_by = True
            return free_for >= COURTESY
        return not (differs and self._has_stood_by) or free_for >= SEEN_AGAIN

    def _say(self, said: Mapping[str, Fact]) -> None:
        """What the others read of it. `LedgerError`."""
        if said == self._said:
            return
        for place in (self._me, self._lead):
            if place is not None:
                place.say({**self._note(), **said})
        self._said = said

    def _tell(self, found: Mapping[str, Reason]) -> None:
        now = self._clock()
        self._found = {
            subject: known
            if (known := self._found.get(subject)) is not None and known[0] == reason
            else (reason, now)
            for subject, reason in found.items()
        }
        for subject, (reason, since) in self._found.items():
            if self._told.get(subject) != reason and now - since >= LASTS:
                self._told[subject] = reason
                log.warning("replica.differs", code=reason.code, why=sentence(reason))
        if self._told and not found:
            self._told.clear()
            log.info("replica.agrees")

    def manifest_in_force(self) -> bytes | None:
        """The text of the one by which the fleet works, or did last. `LedgerError`."""
        in_force = self._store.fleet().manifest
        if not in_force:
            return self._ledger.newest_manifest()
        return self._ledger.manifests(in_force).get(in_force)

    def ask_for(self, datasets: Iterable[str], why: str) -> None:
        """Of whoever leads; "" for all. `LedgerError`."""
        for dataset in datasets:
            self._ledger.ask(dataset, clock.now(), why)

    def tell_events(self, last: Mapping[str, datetime]) -> None:
        """When it was last told of something in each source, now and then. `LedgerError`."""
        if not last or self._clock() < self._events_told_at + _TELL_EVERY:
            return
        self._events_told_at = self._clock()
        # Whoever leads is the service that `status` shows: it was seen later than "".
        facts: dict[str, Fact] = {"seen_at": "", **event_facts(last)}
        self._ledger.put_service(ServiceNote(self._id, min(last.values()), facts))

    def confirm(self) -> None:
        """Ends the service where another one leads by now, or a newer program should."""
        if self._lead is None or self._lead.hold is None:
            return
        try:
            self._lead.hold.confirm()
            if self.works_by:
                self._agreed = self.works_by
                self._say({"manifest": self.works_by, "able": True})
            if self._ledger.is_outdated() and self._has_newer():
                why = sentence(because("replica_outdated", mine=self._version))
                log.warning("replica.steps_down", why=why)
                self.was_deposed = True
                self._signals.step_down()
        except LockLost:
            log.warning("replica.deposed")
            self.was_deposed = True
            self._signals.step_down()

    def put_off(self, error: LedgerError) -> None:
        """What kept it from leading; raised where waiting does not mend it.

        Whoever led before may be asleep in the middle of a transaction, until the server ends that.
        """
        if not error.is_passing:
            raise error
        log.error("replica.trouble", why=str(error))

    def _has_newer(self) -> bool:
        mine = number(self._version)
        return any(one.able and number(one.version) > mine for one in self._store.fleet().replicas)

    def leave(self) -> None:
        """Another one may lead."""
        if self._lead is not None:
            self._lead.leave()
            self._lead = None

    def _note(self) -> dict[str, Fact]:
        mine = {"id": self._id, "version": self._version}
        where: dict[str, Fact] = {"pid": os.getpid(), "host": socket.gethostname()}
        return {**where, **mine, **self._beside, **self._said}


def stand_by(
    replica: Replica, settings: Settings, signals: SignalQueue, hands: Hands
) -> Settings | None:
    """Until it leads: the settings of then. None where it is told to stop before.

    It works meanwhile, and answers: as ready where it could take the lead, by the manifest on its
    disk.
    `ConfigError` where that is not good, nobody leads, and none was in force before.
    """
    if signals.is_told_to_stop():
        return None
    health, metrics = _StandingBy(replica, hands), Metrics()
    hands.tell_retries_to(metrics.retried)

    def tick() -> None:
        health.turned_at = time.monotonic()
        if signals.is_told_to_stop():
            raise Abandoned

    manifest = health.manifest = OwnManifest(settings, tick, replica.manifest_in_force)
    with suppress(LedgerError, Abandoned):  # it is tried again
        manifest.read()
        if replica.may_lead(manifest.digest, has_any=manifest.has_any) and replica.tries():
            return manifest.settings
        if manifest.error is not None and not manifest.has_any and not replica.is_led:
            raise manifest.error
    log.info("replica.stands_by")
    events = EventService(
        settings,
        lambda: hands.runtime,
        lambda datasets: replica.ask_for(by_few_requests(datasets), "event"),
        metrics,
    )
    metrics.ask(
        facts=health.facts,
        last_success=dict,
        key_expiry=lambda: None,
        unsent=lambda: 0,
        last_event=events.last,
    )
    http = None
    if settings.http_address != "off":
        http = HttpServer(settings.http_address, health.facts, metrics.registry)
        http.start()
        log.info("http.listening", http=f"{settings.http_address.rpartition(':')[0]}:{http.port}")
    try:
        events.start()
        while not signals.is_told_to_stop():
            health.turned_at = time.monotonic()
            try:
                command = signals.next(_TRY_EVERY)
                if command == SYNC:
                    replica.ask_for([""], "signal")
                elif command == RELOAD:
                    hands.reload()
                manifest.follow(ordered=command == RELOAD)
                events.follow()
                replica.tell_events(events.last())
                if (
                    replica.may_lead(manifest.digest, has_any=manifest.has_any)
                    and not signals.is_told_to_stop()
                    and replica.tries()
                ):
                    return manifest.settings
                health.ledger = True
            except LedgerError as error:
                if health.ledger:
                    log.error("replica.trouble", why=str(error))
                health.ledger = False
            except Abandoned:
                return None
        return None
    finally:
        with suppress(LedgerError):  # then the next round of all finds it
            events.stop(lambda dataset: replica.ask_for([dataset], "event"))
        if http is not None:
            http.close()


class _StandingBy:
    def __init__(self, replica: Replica, hands: Hands) -> None:
        self.turned_at = time.monotonic()
        self.ledger = True
        self.manifest: OwnManifest | None = None
        self._replica = replica
        self._hands = hands

    def facts(self) -> Facts:
        runtime = self._hands.runtime
        portal, sources = usages(runtime) if runtime is not None else (Usage(), {})
        is_good = self.manifest is not None and bool(self.manifest.digest)
        return Facts(
            now=clock.now(),
            turned=time.monotonic() - self.turned_at,
            manifest="valid" if is_good else "invalid",
            portal=portal.reachable,
            sources={name: usage.reachable for name, usage in sources.items()},
            key_refused=portal.refused,
            sources_refusing=frozenset(name for name, usage in sources.items() if usage.refused),
            late=(),
            overdue=self._hands.hanging,
            stopping=False,
            ledger=self.ledger,
            outdated=self._replica.is_outdated,
        )
