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

from syncd.actions.push_destination import Destination
from syncd.config.regular_files import open_regular
from syncd.core.composed import composed
from syncd.core.errors import PortalError, SpoolError, UsageError
from syncd.core.history_records import LineKind
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
from syncd.guards import USUAL_LIMITS, loosened
from syncd.sync import history, pin_marks, pins, prepare, retention
from syncd.sync.content import Content, online_of, schema_of
from syncd.sync.context import DatasetContext, RunOptions, TargetState
from syncd.sync.decide import Fetch, Final, Publishing
from syncd.sync.dry_run import unwritten
from syncd.sync.evaluate import evaluate
from syncd.sync.listing import scan
from syncd.sync.matching import Item, Match, Status
from syncd.sync.publish import Job, publish
from syncd.sync.replaced import ReplacedFile
from syncd.sync.results import outcome_of_error
from syncd.sync.titles import Titles

_CHUNK = 1024 * 1024  # bytes
_SOURCE = "push"  # in bindings: no bucket, but a person


@dataclass(frozen=True, slots=True)
class PushRequest:
    path: Path
    to: Destination
    cause: Cause
    force: bool = False  # lift the guards
    patience: float = 60.0  # seconds to wait for another syncd

    @property
    def name(self) -> str:
        return composed(self.path.name)

    @property
    def row(self) -> Row | None:
        return self.to.mapped.row if self.to.mapped else None


def push(request: PushRequest, adapters: Adapters, now: datetime, *, plan: bool = False) -> Report:
    """Publish the file. `UsageError` when it cannot be read, its name is no text, or its resource
    is a link of the manifest's; other trouble is the result.

    `plan`: only say what would be done. Nothing but a temporary file is written, nobody is kept
    off the dataset, and trouble is raised: `PortalError`, `SpoolError`.
    """
    _must_be_possible(request)
    if plan:
        adapters = replace(adapters, ledger=unwritten(adapters.ledger))
    with _copied(request, adapters) as file, ReplacedFile(adapters) as replaced:
        context = _context(request, adapters, now)
        if plan:
            context = prepare.describe(context)
            state = _state(context, request, file.digest)
            decision = _decided(context, state, request, file, replaced)
            if not isinstance(decision, Final):
                decision = replace(decision, reason=_to_come(request))
            return Report((_result(context, request, decision, file.digest),))
        url, by = adapters.portal.url, request.cause.by
        with adapters.locks.hold(url, request.to.dataset, request.patience, "push", by):
            try:
                context = prepare.ask_portal(context)
                context = prepare.recovered_for(context, request.to.resource, file.digest)
                return Report((_pushed(context, _as_of_now(context, request), file, replaced),))
            except (PortalError, SpoolError) as error:
                decision = Final(outcome_of_error(error), error.reason)
                return Report((_result(context, request, decision, file.digest),))


def _must_be_possible(request: PushRequest) -> None:
    if not _is_text(request.name):  # as older disks and archives have them
        raise UsageError("push_name", path=str(request.path))
    # A link takes no file, and the portal does not refuse one: it would be a file that calls
    # itself a link for ever (docs/decisions/0083-links.md).
    mapped = request.to.mapped
    if mapped is not None and mapped.target.linking is not None:
        title = mapped.row.title or mapped.row.binding.key
        raise UsageError("push_link", title=title, key=mapped.target.rule.text)


def _is_text(name: str) -> bool:
    """Bytes of a name that are no UTF-8 are halves of letters in it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_of_now(context: DatasetContext, request: PushRequest) -> PushRequest:
    """With the row as it is now that nobody else may change it."""
    mapped = request.to.mapped
    if mapped is None:
        return request
    row = next((row for row in context.rows if row.binding == mapped.row.binding), mapped.row)
    return replace(request, to=replace(request.to, mapped=replace(mapped, row=row)))


@contextmanager
def _copied(request: PushRequest, adapters: Adapters) -> Iterator[SpooledFile]:
    """The file's bytes as they are now, whoever writes to it meanwhile."""
    try:
        stream = open_regular(request.path)
        before = request.path.stat()
        size = before.st_size
    except OSError as error:
        detail = error.strerror or ""
        raise UsageError("push_unreadable", path=str(request.path), detail=detail) from error
    with (
        stream,
        adapters.progress.transfer(request.name, "fetch", size) as bar,
        adapters.spool.take(request.name, size, _chunks(stream, request), bar) as file,
    ):
        after = os.fstat(stream.fileno())
        if (after.st_size, after.st_mtime_ns, file.digest.size) != (size, before.st_mtime_ns, size):
            raise UsageError("push_changing", path=str(request.path))  # a half-written file
        yield file


def _chunks(stream: BinaryIO, request: PushRequest) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK):
            yield chunk
    except OSError as error:  # a share that went away
        detail = error.strerror or ""
        raise UsageError("push_unreadable", path=str(request.path), detail=detail) from error


def _context(request: PushRequest, adapters: Adapters, now: datetime) -> DatasetContext:
    """A dataset with this one file in it."""
    entry = DatasetEntry(
        dataset=request.to.dataset,
        name="",
        contact=None,
        schedule=Schedule(),
        targets=(_target(request, adapters),),
        place=Place(0, 0),
    )
    nothing = scan((), (), adapters.sources, now)
    options = RunOptions(
        force=request.force, cause=request.cause, only=request.to.resource or request.name
    )
    return prepare.remember(entry, request.to.dataset, nothing, adapters, options, now)


def _target(request: PushRequest, adapters: Adapters) -> Target:
    to = request.to
    rule: ObjectRule | EachRule = ObjectRule(request.name)
    if not to.resource:
        title = to.title.replace("{", "{{").replace("}", "}}")  # it is no template
        rule = EachRule(Pattern.parse("*"), title, create=True)
    if to.mapped is not None:
        mapped = replace(to.mapped.target, rule=rule, resource=to.resource)
        return replace(mapped, republish=True, by_content=False)
    return Target(
        dataset=to.dataset,
        resource=to.resource or None,
        source=next(iter(adapters.sources)),  # any: nothing is read from it
        rule=rule,
        guards=GuardPolicy({}, USUAL_LIMITS),
        republish=True,  # a person decides, whoever put the file there that is online
        settle=timedelta(),
        ignore=(),
        place=Place(0, 0),
    )


def _state(context: DatasetContext, request: PushRequest, digest: Digest) -> TargetState:
    version = Version(request.name, _fingerprint(context, digest))
    # A key of its own for each push: last year's file of that name is another resource.
    key = f"{secrets.token_hex(8)}/{request.name}"
    item = Item(context.entry.targets[0], Status.FOUND, key, Match(version, {}))
    # What was pinned or released was so for the bucket's file.
    row = replace(request.row, pin=None, release=None) if request.row else None
    return TargetState(item, row, Fetch(because("first_contact")))


def _fingerprint(context: DatasetContext, digest: Digest) -> Fingerprint:
    """Deposited now: a person who pushes an old file means it."""
    return Fingerprint("", digest.size, context.now.replace(microsecond=0))


def _decided(
    context: DatasetContext,
    state: TargetState,
    request: PushRequest,
    file: SpooledFile,
    replaced: ReplacedFile,
) -> Final | Publishing:
    """On the dataset as `context` describes it."""
    state = context.with_destination(state)
    schema = schema_of(state.item.target.guards, online_of(state))
    content = Content(file, request.name, context.adapters, schema)
    decision = evaluate(context, state, file.digest, None, content, replaced)
    if decision.reason.code == "adopt_it":
        facts = {name: decision.reason.facts[name] for name in ("title", "resource")}
        return replace(decision, reason=because("push_like", **facts))
    return decision if isinstance(decision, Final) else replace(decision, reason=_why(request))


def _to_come(request: PushRequest) -> Reason:
    """What a plan says: nobody has done anything yet."""
    return because("push_would" if request.to.mapped is None else "push_would_pin")


def _why(request: PushRequest) -> Reason:
    if request.to.mapped is not None:
        return because("pushed_and_pinned", by=request.cause.by)
    return because("pushed", by=request.cause.by)


def _pushed(
    context: DatasetContext, request: PushRequest, file: SpooledFile, replaced: ReplacedFile
) -> Result:
    adapters = context.adapters
    state = _state(context, request, file.digest)
    decision = _decided(context, state, request, file, replaced)
    unkept: tuple[Reason, ...] = ()
    if not isinstance(decision, Final):
        unkept = retention.before(context.id, decision.resource, file, replaced, adapters)
        # Once more on the freshest description, whose title is the one that is put back.
        context = prepare.describe(context)
        decision = _decided(context, state, request, file, replaced)
    if isinstance(decision, Final) or context.dataset is None:
        if decision.outcome in {Outcome.ADOPTED, Outcome.UNCHANGED} and request.row is not None:
            return _pinned_as_it_is(context, request, decision, file)
        return _result(context, request, decision, file.digest)
    decision = replace(decision, warnings=retention.told(decision.warnings, unkept))
    online = decision.resource
    token = secrets.token_hex(8)
    titled = Titles(request.to.title, request.to.title)
    kept = context.titles_of(online) if online else titled
    job = Job(
        binding=_binding(context, request, token),
        judged=KnownVersion(request.name, _fingerprint(context, file.digest), file.digest),
        title=kept.wanted,
        mark=context.mark(f"{_SOURCE}/{token}", request.name),
        reason=decision.reason,
        before=None if online else tuple(r.id for r in context.dataset.resources),
        cause=request.cause,
        findings=decision.warnings,
        profile=decision.profile,
        lifted=decision.lifted,
        loosened=loosened(state.item.target.guards),
        pin=_pin(context, request),
        online=online,
        written_title=kept.written,
    )
    row = publish(job, file, adapters)
    retention.after(row.binding, adapters)
    result = _result(context, request, decision, file.digest)
    resource = row.binding.resource
    return replace(result, outcome=row.state, resource=resource, title=row.title, link=row.link)


def _binding(context: DatasetContext, request: PushRequest, token: str) -> Binding:
    """The bucket's where one feeds this resource, so that its next cycle knows of the pin."""
    if request.row is not None:
        return request.row.binding
    portal = context.adapters.portal.url
    return Binding(portal, context.id, request.to.resource, f"{_SOURCE}/{token}", request.name)


def _pin(context: DatasetContext, request: PushRequest) -> Pin | None:
    if request.row is None:
        return None
    return pins.new_pin(
        request.row, context.intents, request.cause, context.now, request.to.resource
    )


def _pinned_as_it_is(
    context: DatasetContext, request: PushRequest, decision: Final | Publishing, file: SpooledFile
) -> Result:
    """The portal has these bytes; the bucket may have others, which must not replace them."""
    pin = _pin(context, request)
    result = _result(context, request, decision, file.digest)
    if pin is None or request.row is None or pin.judged.digest == file.digest:
        return result
    pushed = KnownVersion(request.name, _fingerprint(context, file.digest), file.digest)
    row = pins.pinned_as_it_is(request.row, pushed, pin, context.now)
    context.adapters.ledger.keep(row, history.of_row(LineKind.PINNED, row, request.cause, pin.at))
    if decision.resource is not None:
        pin_marks.put_right(row, decision.resource, context.adapters)
    return replace(result, outcome=row.state, reason=row.reason)


def _result(
    context: DatasetContext, request: PushRequest, decision: Final | Publishing, digest: Digest
) -> Result:
    online = decision.resource
    return Result(
        dataset=context.id,
        dataset_title=context.title,
        dataset_page=context.page,
        resource=request.to.resource or (online.id if online else None),
        title=online.title if online else request.to.title,
        object=request.name,
        outcome=decision.outcome,
        reason=decision.reason,
        warnings=decision.warnings,
        sha1=digest.sha1,
        size=digest.size,
        listed_size=digest.size,
        previous_size=online.size if online else None,
        shapes=decision.shapes,
        schema=decision.schema,
        link=online.latest if online else "",
    )
