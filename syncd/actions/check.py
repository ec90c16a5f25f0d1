"""What can be known before a cycle is tried: the route to each host, keys, clocks, disk.

Every check is its own trouble: a host that is down does not hide what is wrong with the others.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from syncd.actions import sync
from syncd.actions.exposure import mounts
from syncd.actions.mounts import mount_of
from syncd.config.configuration import App, sources_told_of
from syncd.core.addresses import host_of
from syncd.core.errors import (
    BucketMissing,
    KeyRefused,
    LinkError,
    PortalError,
    SourceError,
    SourceUnreachable,
)
from syncd.core.ledger_ports import LedgerView
from syncd.core.objects import Digest, Location, ObjectPage, Version
from syncd.core.portal import Account
from syncd.core.ports import Adapters, Archive, ObjectSource, OpenObject, Portal, Usage
from syncd.core.preflight import Check, Grade, Preflight
from syncd.core.reasons import Reason, because
from syncd.core.results import Report
from syncd.core.targets import DatasetEntry, Linking
from syncd.sync import links
from syncd.sync.context import RunOptions
from syncd.sync.listing import in_either_form
from syncd.sync.prefixes import Prefix, prefixes

# Days before the key's end at which a person is told.
KEY_ENDS = {1: "key_expires_1", 7: "key_expires_7", 30: "key_expires_30"}
CLOCK_WARNING = 60  # seconds
CLOCK_PROBLEM = 600  # from 900 on, servers that check when a request was signed refuse it
EVENT_DELAY = timedelta(seconds=90)  # an event may come late, a note is a minute old, clocks differ
LEAST_FREE = 1024**3  # bytes

# File systems shared over a network: SQLite's write-ahead log needs memory that all its users
# share (https://sqlite.org/wal.html), and locks there are often only promised.
_REMOTE = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre"}
    | {"ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs"}
)
_LOCAL_FUSE = frozenset({"fuse.ext2", "fuse.ntfs-3g", "fuse.fuse-overlayfs", "fuse.lxcfs"})


# -- the portal --------------------------------------------------------------------------------


def check_portal(portal: Portal, now: datetime) -> tuple[Account | None, list[Check]]:
    """Whose key it is (None: the portal cannot be worked with), and what was found."""
    host = host_of(portal.url)
    checks = [_route(host, portal.usage)]
    try:
        account = portal.whoami()
    except PortalError as error:
        name = "key" if isinstance(error, KeyRefused) else "portal"
        refused = Check(name, host, Grade.PROBLEM, error.reason)
        return None, [*checks, refused, *_clock(host, portal.usage)]
    checks.append(Check("key", host, Grade.OK, because("key_belongs", name=account.name)))
    checks.append(_key_expiry(host, portal, now))
    checks += _clock(host, portal.usage)
    try:
        count = len(portal.extensions())
        accepted = because("extensions_accepted", count=count)
        checks.append(Check("extensions", host, Grade.OK, accepted))
    except PortalError as error:
        checks.append(Check("extensions", host, Grade.PROBLEM, error.reason))
    return account, checks


def reach(portal: Portal, account: Account, mapped: Collection[str]) -> Check:
    """How far beyond the manifest the key reaches. `mapped`: the ids of the manifest's datasets."""
    host = host_of(portal.url)
    if account.is_admin:
        return Check("key_reach", host, Grade.WARNING, because("key_reach_everything"))
    try:
        found = portal.reach(account)
    except PortalError as error:
        return Check("key_reach", host, Grade.WARNING, error.reason)
    count = len(found.datasets.difference(mapped))
    if found.is_whole and not count:
        return Check("key_reach", host, Grade.OK, because("key_reach_narrow"))
    code = "key_reach_wide" if found.is_whole else "key_reach_open"
    return Check("key_reach", host, Grade.WARNING, because(code, count=count))


def _mapped(adapters: Adapters, entries: Sequence[DatasetEntry], plan: Report) -> set[str]:
    """The ids of the manifest's datasets, as far as they are known."""
    named = {entry.dataset for entry in entries} | {one.dataset for one in plan.results}
    known = {adapters.ledger.address(adapters.portal.url, address) for address in named}
    return named | {one for one in known if one is not None}


def _key_expiry(host: str, portal: Portal, now: datetime) -> Check:
    try:
        expires = portal.key_expiry()
    except PortalError as error:
        return Check("key_expiry", host, Grade.WARNING, error.reason)
    if expires is None:
        return Check("key_expiry", host, Grade.OK, because("key_expires_unknown"))
    ending = key_ending(expires, now)
    if ending is not None:
        return Check("key_expiry", host, Grade.WARNING, ending)
    days = (expires - now) // timedelta(days=1)
    later = because("key_expires", date=expires.isoformat(), days=days)
    return Check("key_expiry", host, Grade.OK, later)


def key_ending(expires: datetime, now: datetime) -> Reason | None:
    """What to say of a key that expires soon; None when it does not."""
    code = next((c for days, c in KEY_ENDS.items() if expires - now <= timedelta(days=days)), None)
    return Reason(code, {"at": expires.isoformat()}) if code else None


# -- the sources -------------------------------------------------------------------------------


def check_source(
    name: str, source: ObjectSource, listings: Sequence[Prefix]
) -> tuple[list[Check], SourceError | None]:
    """`listings`: what the manifest needs of it. The error is one that stops the whole source."""
    checks = [_route(host_of(source.location.endpoint), source.usage)]
    error: SourceError | None = None
    where = {"bucket": source.location.bucket, "endpoint": source.location.endpoint}
    try:
        read = _read_one(source, [one.prefix for one in listings] or [""])
        reached = because("bucket_readable" if read else "bucket_listable", **where)
        checks.append(Check("bucket", name, Grade.OK, reached))
    except SourceError as caught:
        checks.append(Check("bucket", name, Grade.PROBLEM, caught.reason))
        # Rights may differ from one prefix to the next; these are the same for all.
        error = caught if isinstance(caught, SourceUnreachable | BucketMissing) else None
    return [*checks, *_clock(host_of(source.location.endpoint), source.usage)], error


def _read_one(source: ObjectSource, listings: Iterable[str]) -> bool:
    """Whether there was an object to read; `SourceError` where listing or reading fails."""
    read = False
    for prefix in listings:
        for version in in_either_form(prefix, partial(_any_one, source)):
            if not read:
                with source.open(version) as opened:
                    next(opened.chunks, b"")
                read = True
    return read


def _any_one(source: ObjectSource, prefix: str) -> Iterable[Version]:
    version = source.peek(prefix)
    return () if version is None else (version,)


class _Unreachable:
    """A source that was found unreachable: nobody waits for it a second time."""

    def __init__(self, source: ObjectSource, error: SourceError) -> None:
        self._source = source
        self._error = error

    @property
    def location(self) -> Location:
        return self._source.location

    @property
    def usage(self) -> Usage:
        return self._source.usage

    def pages(self, prefix: str, *, recursive: bool) -> Iterator[ObjectPage]:  # noqa: ARG002 - the port's
        raise self._error

    def peek(self, prefix: str) -> Version | None:  # noqa: ARG002 - as above
        raise self._error

    def stat(self, key: str) -> Version | None:  # noqa: ARG002 - as above
        raise self._error

    def open(self, version: Version) -> AbstractContextManager[OpenObject]:  # noqa: ARG002 - as above
        raise self._error


# -- the route and the time ---------------------------------------------------------------------


def _route(host: str, usage: Usage) -> Check:
    if usage.via:
        return Check("route", host, Grade.OK, because("route_proxy", host=host, proxy=usage.via))
    return Check("route", host, Grade.OK, because("route_direct", host=host))


def _clock(host: str, usage: Usage) -> list[Check]:
    """Nothing, where no answer came at all: that is said already."""
    if usage.skew is None:
        if not usage.reachable:
            return []
        return [Check("clock", host, Grade.OK, because("clock_unknown", host=host))]
    off = round(abs(usage.skew))
    if off <= CLOCK_WARNING:
        return [Check("clock", host, Grade.OK, because("clock_right", host=host, seconds=off))]
    grade = Grade.PROBLEM if off > CLOCK_PROBLEM else Grade.WARNING
    return [Check("clock", host, grade, because("clock_off", host=host, seconds=off))]


# -- what the sources' servers tell of themselves -----------------------------------------------


def check_events(app: App, ledger: LedgerView, now: datetime) -> list[Check]:
    """Whether events come where files do. Known while a service runs that may be told of them; of
    a file that was there before it, or only just, nothing is concluded."""
    told_of = sorted(sources_told_of(app))
    notes = ledger.services() if told_of else ()
    if not notes:
        return []
    since = max(note.started_at for note in notes)
    last: dict[str, datetime] = {}
    for note in notes:
        for source, at in note.last_events.items():
            last[source] = max(at, last.get(source, at))
    newest: dict[str, datetime] = {}
    for row in (row for rows in ledger.all_rows(app.manifest.portal).values() for row in rows):
        if row.judged is not None:
            at = row.judged.fingerprint.modified
            newest[row.binding.source] = max(at, newest.get(row.binding.source, at))
    return [
        check
        for source in told_of
        if (
            check := _of_events(
                source,
                last.get(source),
                newest.get(str(app.manifest.sources[source].location)),
                since + EVENT_DELAY,
                now - EVENT_DELAY,
            )
        )
    ]


def _of_events(
    source: str, last: datetime | None, newest: datetime | None, after: datetime, before: datetime
) -> Check | None:
    """`newest`: when the newest file was deposited; one of between `after` and `before` counts."""
    counts = newest is not None and after < newest < before
    if newest is not None and counts and (last is None or last < newest - EVENT_DELAY):
        code = "events_none" if last is None else "events_ceased"
        facts = {"source": source, "deposited": newest.isoformat()}
        facts |= {} if last is None else {"last": last.isoformat()}
        return Check("events", source, Grade.WARNING, Reason(code, facts))
    if last is None:
        return None
    come = because("events_come", source=source, last=last.isoformat())
    return Check("events", source, Grade.OK, come)


class EventQueue(Protocol):
    def probe(self) -> None:
        """`SourceError` where it cannot be read."""

    def close(self) -> None: ...


def check_queues(app: App, open_queue: Callable[[App, str], EventQueue]) -> list[Check]:
    """Whether the service could read the sources' queues. `open_queue`: that of a source's name;
    `SourceError`."""
    checks = []
    for source, config in sorted(app.manifest.sources.items()):
        if not config.queue:
            continue
        grade, reason = Grade.OK, because("events_queue_readable", queue=config.queue)
        try:
            with closing(open_queue(app, source)) as queue:
                queue.probe()
        except SourceError as error:
            grade, reason = Grade.PROBLEM, error.reason
        checks.append(Check("event_queue", source, grade, reason))
    return checks


# -- this machine ------------------------------------------------------------------------------


def check_state_folder(folder: Path, mountinfo: str) -> list[Check]:
    """`mountinfo`: the content of /proc/self/mountinfo."""
    place = _existing(folder)
    kind = file_system(place, mountinfo)
    remote = is_remote(kind)
    code = "state_folder_remote" if remote else "state_folder"
    grade = Grade.PROBLEM if remote else Grade.OK
    checks = [
        Check("state_folder", str(folder), grade, because(code, path=str(folder), kind=kind or "?"))
    ]
    if not os.access(place, os.W_OK | os.X_OK):
        refused = because("state_dir_unusable", path=str(folder), detail=os.strerror(13))
        checks.append(Check("state_folder", str(folder), Grade.PROBLEM, refused))
    return checks


def check_archive(archive: Archive) -> list[Check]:
    """Whether files could be kept in a bucket: known only by keeping one, which is removed."""
    if not archive.place:
        return []
    trouble = archive.probe()
    if trouble is not None:
        return [Check("archive", archive.place, Grade.PROBLEM, trouble)]
    usable = because("archive_usable", place=archive.place)
    return [Check("archive", archive.place, Grade.OK, usable)]


def check_links(entries: Sequence[DatasetEntry], adapters: Adapters) -> list[Check]:
    """Whether anybody gets at what the portal is told of; into a bucket of copies, one small object
    is written and removed again."""
    down = {name for name, one in adapters.sources.items() if isinstance(one, _Unreachable)}
    linked = [target for entry in entries for target in entry.active if target.linking]
    # Of a server that is down it is said already.
    targets = [t for t in linked if t.linking and (t.linking.copy_to or t.source) not in down]
    public = {(t.source, t.linking) for t in targets if t.linking and not t.linking.copy_to}
    copied = {t.linking for t in targets if t.linking and t.linking.copy_to}
    checks = []
    for name, linking in sorted(public, key=str):
        mine = [one for one in targets if one.source == name and one.linking == linking]
        where = [one.prefix for one in prefixes(mine)]
        checks.append(_is_public(name, linking, where, adapters))
    return [*checks, *(_takes_copies(linking, adapters) for linking in sorted(copied, key=str))]


def _is_public(name: str, linking: Linking, prefixes: Sequence[str], adapters: Adapters) -> Check:
    source = adapters.sources[name]
    try:
        found = (v for p in prefixes for v in in_either_form(p, partial(_any_one, source)))
        version = next(found, None)
        if version is None:
            nothing = because("link_nothing_to_ask", address=linking.template)
            return Check("link", name, Grade.WARNING, nothing)
        address = linking.template.replace("{key}", quote(version.key))
        adapters.web.must_answer(address, version.fingerprint.size)
    except (SourceError, LinkError) as error:
        return _link_trouble(name, source.location.bucket, error)
    facts = {"bucket": source.location.bucket, "address": linking.template}
    return Check("link", name, Grade.OK, because("link_answers", **facts))


def _takes_copies(linking: Linking, adapters: Adapters) -> Check:
    name = linking.copy_to
    bucket, body = adapters.copies[name], b"syncd check --online"
    key = f"syncd-check-{secrets.token_hex(8)}.txt"
    digest = Digest(hashlib.sha1(body, usedforsecurity=False).hexdigest(), len(body))
    address = linking.template.replace("{key}", quote(key))
    try:
        with (
            bucket.trial(key, body),
            adapters.progress.transfer(key, "verify", len(body)) as bar,
        ):
            adapters.web.must_give(address, digest, bar)
    except (SourceError, LinkError) as error:
        return _link_trouble(name, bucket.location.bucket, error)
    facts = {"bucket": bucket.location.bucket, "address": linking.template}
    return Check("link", name, Grade.OK, because("copies_writable", **facts))


def _link_trouble(name: str, bucket: str, error: SourceError | LinkError) -> Check:
    """In the words of somebody who asks: nothing was to be published, and no cycle comes."""
    reason = error.reason
    if isinstance(error, LinkError):
        address, detail = reason.facts.get("address"), links.in_short(error)
        reason = because("link_closed", address=address, bucket=bucket, detail=detail)
    return Check("link", name, Grade.PROBLEM, reason)


def check_disk(folder: Path, plan: Report | None, limit: int) -> list[Check]:
    """Whether the files that the plan would fetch find room. `limit`: of the spool, in bytes."""
    wanted = [one for one in plan.results if one.unread] if plan else []
    sizes = {one.object: one.listed_size or 0 for one in wanted}
    too_large = [
        Check("disk", key, Grade.PROBLEM, because("spool_ceiling", key=key, size=size, limit=limit))
        for key, size in sizes.items()
        if size > limit
    ]
    free = shutil.disk_usage(_existing(folder)).free
    needed = max(sizes.values(), default=0)
    facts: dict[str, str | int] = {"path": str(folder), "free": free}
    if free < needed:
        short = because("disk_short", **facts, needed=needed)
        return [*too_large, Check("disk", str(folder), Grade.WARNING, short)]
    if free < LEAST_FREE:
        return [*too_large, Check("disk", str(folder), Grade.WARNING, because("disk_low", **facts))]
    return [*too_large, Check("disk", str(folder), Grade.OK, because("disk_free", **facts))]


def is_remote(kind: str) -> bool:
    """Most of the fuse family have a bucket or another machine behind them."""
    return kind in _REMOTE or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def file_system(folder: Path, mountinfo: str) -> str:
    """The type of the file system on which the folder lies, "" where that is not known."""
    return mount_of(folder.resolve(), mountinfo)[1]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there already."""
    path = folder.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


# -- all of it ---------------------------------------------------------------------------------


def check_online(
    app: App, adapters: Adapters, now: datetime, open_queue: Callable[[App, str], EventQueue]
) -> Preflight:
    """What this machine, the buckets and the portal say of a cycle to come. `open_queue`: as of
    `check_queues`."""
    entries, state = app.manifest.datasets, app.settings.state_dir
    account, of_portal = check_portal(adapters.portal, now)
    checks = [*check_state_folder(state, mounts()), *of_portal]
    listings = prefixes([target for entry in entries for target in entry.active])
    sources: dict[str, ObjectSource] = {}
    for name, source in adapters.sources.items():
        mine = [listing for listing in listings if listing.source == name]
        of_source, error = check_source(name, source, mine)
        # Two sources of one host have one route and one clock.
        checks += [check for check in of_source if not _is_among(check, checks)]
        sources[name] = _Unreachable(source, error) if error else source
    plan = None
    if account is not None:
        options = RunOptions(fast=True, ask=True)
        plan = sync.plan(entries, entries, replace(adapters, sources=sources), options, now)
        checks.append(reach(adapters.portal, account, _mapped(adapters, entries, plan)))
    checks += check_queues(app, open_queue)
    checks += check_events(app, adapters.ledger, now)
    checks += check_archive(adapters.archive)
    of_links = check_links(entries, replace(adapters, sources=sources))
    checks += [one for one in of_links if not _is_said(one, checks)]
    checks += check_disk(state, plan, int(app.settings.spool_limit))
    return Preflight(tuple(checks), account.name if account else None, plan)


def _is_said(check: Check, checks: Iterable[Check]) -> bool:
    """Whether it was said of the same place, under whichever name."""
    return any((one.about, one.reason) == (check.about, check.reason) for one in checks)


def _is_among(check: Check, checks: Iterable[Check]) -> bool:
    seen = (check.name, check.about, check.reason.code)
    return any((one.name, one.about, one.reason.code) == seen for one in checks)
