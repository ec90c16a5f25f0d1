"""Builds the edges from the settings and the manifest: the only place that does.

The heavy imports (boto3, SQLAlchemy, httpx) happen inside `adapters`, so that `--help` stays quick.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from syncd.config.configuration import App
from syncd.config.manifest import remembered
from syncd.config.manifest.loaded_manifest import SourceConfig
from syncd.config.regular_files import read_regular
from syncd.config.settings import PREFIX, Settings
from syncd.core.activity import Work
from syncd.core.clock import now
from syncd.core.errors import UsageError
from syncd.core.ledger_ports import LedgerView
from syncd.core.reasons import Reason
from syncd.sync.concurrency import Limiter

if TYPE_CHECKING:
    from syncd.adapters.disk.archive import Archive as ArchiveFolder
    from syncd.adapters.disk.schemas import SchemaStore
    from syncd.adapters.events.sqs import EventQueue
    from syncd.adapters.ledger import SqlLedger
    from syncd.adapters.net.options import NetworkOptions
    from syncd.adapters.net.public_files import PublicFiles
    from syncd.adapters.portal import HttpPortal
    from syncd.adapters.queue import JobQueue
    from syncd.adapters.stores import Backups, Copies, Keeper, Store
    from syncd.core.ports import (
        Adapters,
        Archive,
        ObjectSource,
        Portal,
        Progress,
        PublicBucket,
        Spool,
        Transfer,
        Web,
    )


_LOOP_PATIENCE = 2.0  # seconds that a loop waits for its ledger: it has signals to hear
BIG_FILES = 2  # on their way at once: more would share one line, and keep two disks' worth


@dataclass(frozen=True, slots=True)
class Waits:
    """How waiting is done. A service's waits end when it is told to stop.

    `idle`: nothing is lost when it ends at once (a lock, a settle window). `sending`: between two
    tries of a request, which may be the last step of a publication. `retried` is told of each
    request that is made again, by whom it goes to: "portal", or a store's type. `allows` says
    whether a wait may begin, `waiting` is told why it does. `longest`: seconds for one answer.
    """

    idle: Callable[[float], None] = time.sleep
    sending: Callable[[float], None] = time.sleep
    stopping: Callable[[], bool] = lambda: False
    retried: Callable[[str], None] = lambda _: None
    allows: Callable[[float], bool] = lambda _: True
    waiting: Callable[[Reason, float], None] = lambda _, __: None
    longest: float = math.inf


@contextmanager
def adapters(
    app: App,
    progress: Progress,
    *,
    read_only: bool,
    waits: Waits | None = None,
    follows: bool = False,
) -> Iterator[Adapters]:
    """The world, opened; closed again on leaving.

    `read_only`: the ledger is not written, not even made. `follows`: the manifest is another one's,
    who says when it comes into force.
    """
    waits = replace(waits or Waits(), waiting=progress.waiting)
    from syncd.adapters.disk import spool as disk
    from syncd.adapters.disk.activity import ActivityBoard
    from syncd.adapters.disk.locks import FileLocks
    from syncd.adapters.locks import DatasetLocks
    from syncd.adapters.reader.client import ReaderProcess
    from syncd.core.ports import Adapters
    from syncd.sync import in_force

    settings, manifest = app.settings, app.manifest
    if settings.api_key is None:
        raise UsageError("key_missing")
    with ExitStack() as stack:
        board = ActivityBoard(None if read_only else settings.state_dir, time.monotonic, now)
        stack.callback(board.close)
        of_source = replace(waits, idle=board.waiting(waits.idle, "source"))
        of_portal = replace(
            waits,
            idle=board.waiting(waits.idle, "portal"),
            sending=board.waiting(waits.sending, "portal"),
        )
        sources: dict[str, ObjectSource] = {}
        for name, config in manifest.sources.items():
            source = _source(settings, name, config, of_source)
            stack.callback(source.close)
            sources[name] = source
        copies: dict[str, PublicBucket] = {}
        for name in sorted(manifest.copied_to):
            opened_copies = _copies(settings, name, manifest.sources[name], of_source)
            stack.callback(opened_copies.close)
            copies[name] = opened_copies
        key = settings.api_key.get_secret_value()
        portal = _portal(settings, manifest.portal, key, of_portal)
        stack.callback(portal.close)
        opened = stack.enter_context(ledger(app, read_only=read_only))
        folder = stack.enter_context(_spool_folder(app, read_only=read_only))
        spool = disk.Spool(folder, int(settings.spool_limit))
        if not read_only:
            spool.sweep()
            if not follows:
                in_force.note(manifest, opened, now())
            remembered.remember(manifest, settings.state_dir)
        kept: Archive = archive_folder(settings)
        if settings.archive:
            kept = _bucket_archive(settings, settings.archive, spool, of_source)
            stack.callback(kept.close)
        reader = ReaderProcess(waits.stopping)
        stack.callback(reader.close)
        yield Adapters(
            sources=sources,
            portal=portal,
            ledger=opened,
            spool=spool,
            reader=reader,
            locks=board.locks(
                DatasetLocks(
                    opened.locks or FileLocks(settings.state_dir / "locks"),
                    clock=time.monotonic,
                    wait=waits.idle,
                    allows=waits.allows,
                    waiting=waits.waiting,
                )
            ),
            progress=board.progress(progress),
            clock=now,
            wait=of_portal.idle,  # for an upload's end
            least_settle_window=timedelta(seconds=settings.settle_window),
            concurrency=settings.concurrency,
            stopping=waits.stopping,
            check_every=timedelta(seconds=settings.portal_check_every),
            big_files=Limiter(BIG_FILES, waits.stopping).one,
            schemas=schema_store(settings),
            archive=kept,
            web=_web(settings, of_portal),
            copies=copies,
        )


def archive_folder(settings: Settings) -> ArchiveFolder:
    from syncd.adapters.disk.archive import Archive

    limit = int(settings.archive_limit)
    return Archive(settings.state_dir / "archive", settings.keep_versions, limit)


@contextmanager
def archive_bucket(settings: Settings) -> Iterator[Keeper | None]:
    """The bucket with kept files, where they are in one."""
    from syncd.adapters.disk import spool as disk

    if not settings.archive:
        yield None
        return
    spool = disk.Spool(settings.state_dir / "spool", int(settings.spool_limit))
    opened = _bucket_archive(settings, settings.archive, spool, Waits())
    try:
        yield opened
    finally:
        opened.close()


def _bucket_archive(settings: Settings, address: str, spool: Spool, waits: Waits) -> Keeper:
    from syncd.adapters.stores import ARCHIVES

    scheme, _, place = address.partition("://")
    bucket, _, prefix = place.partition("/")
    given = {
        "access_key_id": settings.archive_access_key_id,
        "secret_access_key": settings.archive_secret_access_key,
        "session_token": settings.archive_session_token,
    }
    return ARCHIVES[scheme](
        SourceConfig(
            settings.archive_endpoint or "",
            bucket,
            settings.archive_region,
            settings.archive_addressing,
            use_proxy=False,
        ),
        prefix,
        {name: secret.get_secret_value() for name, secret in given.items() if secret},
        _network(settings, waits, waits.idle, partial(waits.retried, scheme), use_proxy=False),
        spool,
        settings.keep_versions,
        int(settings.archive_limit),
    )


def ledger_file(settings: Settings) -> Path:
    """`UsageError` where the ledger is on a server, which has backups of its own."""
    from syncd.adapters.ledger.opening import ledger_file as place

    url = settings.database_url
    found = place(url.get_secret_value() if url else None, settings.state_dir)
    if found is None:
        raise UsageError("backup_on_server")
    return found


@contextmanager
def backups(app: App, source: str) -> Iterator[Backups]:
    """The bucket of a source of the manifest, to write backups to. `UsageError`."""
    from syncd.adapters.stores import BACKUPS, DEFAULT

    config = app.manifest.sources.get(source)
    if config is None:
        names = ", ".join(app.manifest.sources)
        raise UsageError("backup_no_source", given=source, names=names)
    opened = BACKUPS[DEFAULT](config, *_keys_and_network(app.settings, source, config, Waits()))
    try:
        yield opened
    finally:
        opened.close()


def event_queue(app: App, source: str) -> EventQueue:
    """The queue with a source's events, which it has; `SourceError` where it cannot be opened."""
    from syncd.adapters.events.sqs import EventQueue

    config = app.manifest.sources[source]
    keys, _, network = _keys_and_network(app.settings, source, config, Waits())
    return EventQueue(config.queue, config.region, keys, network)


def public_files(settings: Settings, server: str) -> PublicFiles:
    from syncd.adapters.net.public_files import PublicFiles

    return PublicFiles(server, _network(settings, Waits(), time.sleep, lambda: None))


def schema_store(settings: Settings) -> SchemaStore:
    from syncd.adapters.disk.schemas import SchemaStore

    return SchemaStore(settings.state_dir / "schemas", settings.manifest.parent, read_regular)


def under_way(settings: Settings) -> tuple[Work, ...]:
    """What the processes on this state folder do right now."""
    from syncd.adapters.disk.activity import under_way as look

    return look(settings.state_dir)


@contextmanager
def ledger(app: App, *, read_only: bool) -> Iterator[SqlLedger]:
    opened = service_ledger(app.settings, read_only=read_only)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def ledger_view(app: App) -> Iterator[LedgerView]:
    """The ledger for a look, which starts much sooner where it is a file."""
    from syncd.adapters.ledger.opening import ledger_file as place
    from syncd.adapters.ledger.view import SqliteView

    url = app.settings.database_url
    file = place(url.get_secret_value() if url else None, app.settings.state_dir)
    if file is None:
        with ledger(app, read_only=True) as on_server:
            yield on_server
        return
    opened = SqliteView(file)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def shared_ledger(settings: Settings) -> Iterator[SqlLedger | None]:
    """The ledger where several machines may use it; None where it is one machine's file."""
    url = settings.database_url
    if url is None or url.get_secret_value().startswith("sqlite:"):
        yield None
        return
    opened = service_ledger(settings, away_seconds=_LOOP_PATIENCE)
    try:
        yield opened
    finally:
        opened.close()


def service_ledger(
    settings: Settings,
    *,
    read_only: bool = False,
    busy_seconds: float = 30.0,
    away_seconds: float | None = None,
) -> SqlLedger:
    """`busy_seconds`: how long it waits for a writer in another process, and for a server at first;
    `away_seconds`: how long for one that was reached before."""
    from syncd.adapters.ledger import SqlLedger

    url = settings.database_url
    return SqlLedger(
        url.get_secret_value() if url else None,
        settings.state_dir,
        read_only=read_only,
        busy_seconds=busy_seconds,
        away_seconds=away_seconds,
    )


def job_queue(ledger: SqlLedger) -> JobQueue:
    """In the database of this ledger, which must be a server's."""
    from syncd.adapters.queue import JobQueue

    if ledger.server is None:
        raise ValueError("no server")
    return JobQueue(ledger.server.options, ledger.server.error_of_driver)


@contextmanager
def visit(
    settings: Settings, portal: str, name: str, config: SourceConfig
) -> Iterator[tuple[Portal, ObjectSource, Spool]]:
    """A portal and a bucket without a manifest, to look at; as anybody where there is no key."""
    from syncd.adapters.disk import spool as disk

    waits = Waits()
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    with ExitStack() as stack:
        source = _source(settings, name, config, waits)
        stack.callback(source.close)
        seen = _portal(settings, portal, key, waits)
        stack.callback(seen.close)
        limit = int(settings.spool_limit)
        yield seen, source, disk.Spool(settings.state_dir / "spool", limit)


def _portal(settings: Settings, url: str, key: str, waits: Waits) -> HttpPortal:
    from syncd.adapters.portal import HttpPortal

    return HttpPortal(
        url,
        key,
        _network(settings, waits, waits.sending, partial(waits.retried, "portal")),
        part_threshold=int(settings.upload_part_threshold),
        part_size=int(settings.upload_part_size),
        at_once=settings.concurrency,
    )


def _source(settings: Settings, name: str, config: SourceConfig, waits: Waits) -> Store:
    from syncd.adapters.stores import DEFAULT, STORES

    return STORES[DEFAULT](config, *_keys_and_network(settings, name, config, waits))


def _copies(settings: Settings, name: str, config: SourceConfig, waits: Waits) -> Copies:
    from syncd.adapters.stores import COPIES, DEFAULT

    return COPIES[DEFAULT](config, *_keys_and_network(settings, name, config, waits))


def _web(settings: Settings, waits: Waits) -> Web:
    from syncd.adapters.net.public_web import PublicWeb

    return PublicWeb(_network(settings, waits, waits.idle, lambda: None))


def _keys_and_network(
    settings: Settings, name: str, config: SourceConfig, waits: Waits
) -> tuple[dict[str, str], str, NetworkOptions]:
    from syncd.adapters.stores import DEFAULT

    given = settings.sources.get(name)
    keys = {
        field: secret.get_secret_value()
        for field, secret in given or ()
        if secret and field != "events_token"
    }
    on_retry = partial(waits.retried, DEFAULT)
    setting = f"{PREFIX}SOURCES__{name.upper()}"
    return (
        keys,
        setting,
        _network(settings, waits, waits.idle, on_retry, use_proxy=config.use_proxy),
    )


def _network(
    settings: Settings,
    waits: Waits,
    wait: Callable[[float], None],
    on_retry: Callable[[], None],
    *,
    use_proxy: bool = True,
) -> NetworkOptions:
    from syncd.adapters.net.options import NetworkOptions

    return NetworkOptions(
        ca_bundle=settings.ca_bundle,
        proxy=settings.proxy.get_secret_value() if settings.proxy and use_proxy else None,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        patience=waits.longest,
        wait=wait,
        on_retry=on_retry,
        allows=waits.allows,
        waiting=waits.waiting,
    )


@contextmanager
def _spool_folder(app: App, *, read_only: bool) -> Iterator[Path]:
    """The spool in the state folder; for a plan, which leaves nothing behind, a temporary one.

    A plan too uses the spool where there is one: what it leaves when it is killed is swept there,
    and it is on a disk with room for the files, while a container's /tmp is often memory.
    """
    state = app.settings.state_dir
    spool = state / "spool"
    if not read_only or (spool.is_dir() and os.access(spool, os.W_OK)):
        yield spool
        return
    roomy = state if state.is_dir() and os.access(state, os.W_OK) else None
    from tempfile import TemporaryDirectory  # here: no look needs one

    with TemporaryDirectory(prefix="syncd-plan-", dir=roomy) as folder:
        yield Path(folder)


class Silence:
    """Progress for pipes and services: none."""

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[Transfer]:
        del label, direction, size
        yield _Still()

    def waiting(self, why: Reason, seconds: float) -> None:
        pass


class _Still:
    def advance(self, count: int) -> None:
        pass

    def restart(self) -> None:
        pass
