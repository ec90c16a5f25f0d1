"""A person puts one file online by hand, with the care that a cycle takes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from syncd.core.errors import PortalError, SpoolError, UsageError
from syncd.core.objects import Digest, Fingerprint, KnownVersion, Version
from syncd.core.patterns import Pattern
from syncd.core.ports import Adapters, SpooledFile
from syncd.core.reasons import Reason, because
from syncd.core.records import Cause, Outcome, Pin, Row
from syncd.core.results import Report, Result
from syncd.core.targets import (
    Binding,
    DatasetEntry,
    EachRule,
    GuardPolicy,
    ObjectRule,
    Place,
    Schedule,
    Target,
)
from syncd.guards import USUAL_LIMITS
from syncd.sync import decide, pins, prepare, retention
from syncd.sync.content import Content
from syncd.sync.context import DatasetContext, RunOptions, TargetState
from syncd.sync.decide import Fetch, Final, Publishing
from syncd.sync.evaluate import evaluate
from syncd.sync.listing import scan
from syncd.sync.matching import Item, Match, Status
from syncd.sync.publish import Job, publish
from syncd.sync.results import outcome_of_error

_CHUNK = 1024 * 1024  # bytes
_SOURCE = "push"  # in bindings: no bucket, but a person


@dataclass(frozen=True, slots=True)
class MappedTarget:
    """The target of the manifest that feeds the resource, and its row."""

    target: Target
    row: Row


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What is to be put where. `resource`: "" = a new one, with `title`."""

    path: Path
    dataset: str  # id
    resource: str
    title: str
    cause: Cause
    force: bool = False  # lift the guards
    fed: MappedTarget | None = None
    patience: float = 60.0  # seconds to wait for another syncd

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def row(self) -> Row | None:
        return self.fed.row if self.fed else None


def push(errand: PushRequest, adapters: Adapters, now: datetime, *, plan: bool = False) -> Report:
    """Publish the file. `UsageError` when it cannot be read; other trouble is the result.

    `plan`: only say what would be done. Nothing but a temporary file is written, nobody is kept
    off the dataset, and trouble is raised: `PortalError`, `SpoolError`.
    """
    with _copied(errand, adapters) as file:
        context = _context(errand, adapters, now)
        if plan:
            context = prepare.describe(context)
            state = _state(context, errand, file.digest)
            decision = _decided(context, state, errand, file)
            return Report((_result(context, errand, decision, file.digest),))
        with adapters.locks.hold(adapters.portal.url, errand.dataset, errand.patience):
            try:
                context = prepare.settled_for(prepare.ask_portal(context), errand.resource)
                return Report((_pushed(context, _as_of_now(context, errand), file),))
            except (PortalError, SpoolError) as error:
                decision = Final(outcome_of_error(error), error.reason)
                return Report((_result(context, errand, decision, file.digest),))


def _as_of_now(context: DatasetContext, errand: PushRequest) -> PushRequest:
    """With the row as it is now that nobody else may change it."""
    if errand.fed is None:
        return errand
    mine = errand.fed.row.binding
    row = next((row for row in context.rows if row.binding == mine), errand.fed.row)
    return replace(errand, fed=replace(errand.fed, row=row))


@contextmanager
def _copied(errand: PushRequest, adapters: Adapters) -> Iterator[SpooledFile]:
    """The file's bytes as they are now, whoever writes to it meanwhile."""
    try:
        stream = errand.path.open("rb")
        before = errand.path.stat()
        size = before.st_size
    except OSError as error:
        detail = error.strerror or ""
        raise UsageError("push_unreadable", path=str(errand.path), detail=detail) from error
    with (
        stream,
        adapters.progress.transfer(errand.name, "fetch", size) as bar,
        adapters.spool.take(errand.name, size, _chunks(stream, errand), bar) as file,
    ):
        after = os.fstat(stream.fileno())
        if (after.st_size, after.st_mtime_ns, file.digest.size) != (size, before.st_mtime_ns, size):
            raise UsageError("push_changing", path=str(errand.path))  # a half-written file
        yield file


def _chunks(stream: BinaryIO, errand: PushRequest) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK):
            yield chunk
    except OSError as error:  # a share that went away
        detail = error.strerror or ""
        raise UsageError("push_unreadable", path=str(errand.path), detail=detail) from error


def _context(errand: PushRequest, adapters: Adapters, now: datetime) -> DatasetContext:
    """A dataset with this one file in it."""
    entry = DatasetEntry(
        dataset=errand.dataset,
        name="",
        contact=None,
        schedule=Schedule(),
        targets=(_target(errand, adapters),),
        place=Place(0, 0),
    )
    nothing = scan((), (), adapters.sources, now)
    options = RunOptions(
        force=errand.force, cause=errand.cause, only=errand.resource or errand.name
    )
    return prepare.remember(entry, errand.dataset, nothing, adapters, options, now)


def _target(errand: PushRequest, adapters: Adapters) -> Target:
    rule: ObjectRule | EachRule = ObjectRule(errand.name)
    if not errand.resource:
        title = errand.title.replace("{", "{{").replace("}", "}}")  # it is no template
        rule = EachRule(Pattern.parse("*"), title, create=True)
    if errand.fed is not None:
        return replace(errand.fed.target, rule=rule, resource=errand.resource, republish=True)
    return Target(
        dataset=errand.dataset,
        resource=errand.resource or None,
        source=next(iter(adapters.sources)),  # any: nothing is read from it
        rule=rule,
        guards=GuardPolicy({}, USUAL_LIMITS),
        republish=True,  # a person decides, whoever put the file there that is online
        settle=timedelta(),
        ignore=(),
        place=Place(0, 0),
    )


def _state(context: DatasetContext, errand: PushRequest, digest: Digest) -> TargetState:
    version = Version(errand.name, _fingerprint(context, digest))
    # A key of its own for each push: last year's file of that name is another resource.
    key = f"{secrets.token_hex(8)}/{errand.name}"
    item = Item(context.entry.targets[0], Status.FOUND, key, Match(version, {}))
    # What was pinned or released was so for the bucket's file.
    row = replace(errand.row, pin=None, release=None) if errand.row else None
    return TargetState(item, row, Fetch(because("first_contact")))


def _fingerprint(context: DatasetContext, digest: Digest) -> Fingerprint:
    """Deposited now: a person who pushes an old file means it."""
    return Fingerprint("", digest.size, context.now.replace(microsecond=0))


def _decided(
    context: DatasetContext, state: TargetState, errand: PushRequest, file: SpooledFile
) -> Final | Publishing:
    """On the dataset as `context` describes it."""
    state = context.with_destination(state)
    content = Content(file, errand.name, context.adapters)
    decision = evaluate(context, state, file.digest, None, content)
    if decision.reason.code == "adopt_it":
        facts = {name: decision.reason.facts[name] for name in ("title", "resource")}
        return replace(decision, reason=because("push_like", **facts))
    return decision if isinstance(decision, Final) else replace(decision, reason=_why(errand))


def _why(errand: PushRequest) -> Reason:
    if errand.fed is not None:
        return because("pushed_and_pinned", by=errand.cause.by)
    return because("pushed", by=errand.cause.by)


def _pushed(context: DatasetContext, errand: PushRequest, file: SpooledFile) -> Result:
    adapters = context.adapters
    state = _state(context, errand, file.digest)
    decision = _decided(context, state, errand, file)
    unkept: tuple[Reason, ...] = ()
    if not isinstance(decision, Final):
        unkept = retention.before(context.id, decision.resource, file, adapters)
        # Once more on the freshest description, whose title is the one that is put back.
        context = prepare.describe(context)
        decision = _decided(context, state, errand, file)
    if isinstance(decision, Final) or context.dataset is None:
        if decision.outcome in {Outcome.ADOPTED, Outcome.UNCHANGED} and errand.row is not None:
            return _pinned_as_it_is(context, errand, decision, file)
        return _result(context, errand, decision, file.digest)
    decision = replace(decision, warnings=(*decision.warnings, *unkept))
    online = decision.resource
    token = secrets.token_hex(8)
    job = Job(
        binding=_binding(context, errand, token),
        judged=KnownVersion(errand.name, _fingerprint(context, file.digest), file.digest),
        title=decide.wanted_title(online, context.intents) if online else errand.title,
        mark=context.mark(f"{_SOURCE}/{token}", errand.name),
        reason=decision.reason,
        before=None if online else tuple(r.id for r in context.dataset.resources),
        cause=errand.cause,
        findings=decision.warnings,
        profile=decision.profile,
        pin=_pin(context, errand),
    )
    row = publish(job, file, adapters)
    retention.after(row.binding, adapters)
    result = _result(context, errand, decision, file.digest)
    resource = row.binding.resource
    return replace(result, outcome=row.state, resource=resource, title=row.title, link=row.link)


def _binding(context: DatasetContext, errand: PushRequest, token: str) -> Binding:
    """The bucket's where one feeds this resource, so that its next cycle knows of the pin."""
    if errand.row is not None:
        return errand.row.binding
    portal = context.adapters.portal.url
    return Binding(portal, context.id, errand.resource, f"{_SOURCE}/{token}", errand.name)


def _pin(context: DatasetContext, errand: PushRequest) -> Pin | None:
    if errand.row is None:
        return None
    judged = pins.last_seen(errand.row, context.intents)
    if judged is None:
        raise UsageError("target_never_looked", given=errand.resource)
    cause = errand.cause
    return Pin(judged, cause.trigger, cause.by, cause.note, context.now)


def _pinned_as_it_is(
    context: DatasetContext, errand: PushRequest, decision: Final | Publishing, file: SpooledFile
) -> Result:
    """The portal has these bytes; the bucket may have others, which must not replace them."""
    pin = _pin(context, errand)
    result = _result(context, errand, decision, file.digest)
    if pin is None or errand.row is None or pin.judged.digest == file.digest:
        return result
    pushed = KnownVersion(errand.name, _fingerprint(context, file.digest), file.digest)
    online = pins.as_pinned(pushed, pin)
    reason = pins.reason(pin)
    row = replace(errand.row, published=online, judged=pin.judged, pin=pin, checked_at=context.now)
    context.adapters.ledger.keep(replace(row, state=Outcome.PINNED, reason=reason))
    return replace(result, outcome=Outcome.PINNED, reason=reason)


def _result(
    context: DatasetContext, errand: PushRequest, decision: Final | Publishing, digest: Digest
) -> Result:
    online = decision.resource
    return Result(
        dataset=context.id,
        dataset_title=context.title,
        dataset_page=context.page,
        resource=errand.resource or (online.id if online else None),
        title=online.title if online else errand.title,
        object=errand.name,
        outcome=decision.outcome,
        reason=decision.reason,
        warnings=decision.warnings,
        sha1=digest.sha1,
        size=digest.size,
        listed_size=digest.size,
        previous_size=online.size if online else None,
        link=online.latest if online else "",
    )
