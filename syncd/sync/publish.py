"""One file goes online: intent, upload, read back, verify, title, record.

The order and its reasons: docs/architecture.md, Hard cases.

Between the upload and the end of `complete` the portal may show the wrong title. Whatever cuts
this short leaves an open intent, from which `syncd.sync.recover` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

import structlog

from syncd.core.errors import AnswerLost, Gone, NotFound, PortalError, Rejected, WrongBytes
from syncd.core.objects import KnownVersion
from syncd.core.portal import PublicFile, Resource
from syncd.core.ports import Adapters, SpooledFile, UploadLook
from syncd.core.reasons import Reason, because
from syncd.core.records import Cause, Intent, IntentState, Outcome, Pin, Row
from syncd.core.targets import Binding
from syncd.sync import aftermath, decide, edits, history, links, pin_marks, pins

log = structlog.get_logger("syncd.publish")

SENDS = 2  # a first time, and once more when the portal's sha1 is not ours
READ_BACK_EVERY = 1.0  # seconds
LONG_UPLOAD = timedelta(seconds=2)  # from which on somebody may have written during one


@dataclass(frozen=True, slots=True)
class Job:
    """One publication. `binding.resource` is "" for a resource to be created."""

    binding: Binding
    judged: KnownVersion
    title: str  # what the title must be in the end
    mark: str  # the value of the `syncd:source` mark
    reason: Reason
    before: tuple[str, ...] | None = None  # creations: the ids in the dataset before
    cause: Cause = field(default_factory=Cause)
    findings: tuple[Reason, ...] = ()
    profile: object = None
    pin: Pin | None = None  # what the target is pinned with once this is online
    lifted: tuple[Reason, ...] = ()  # as in `Intent`
    loosened: Mapping[str, str] = field(default_factory=dict)  # as in `Intent`
    online: Resource | None = None  # as read last; None for one to be created
    written_title: str = ""  # as in `Row`
    address: str = ""  # that the portal is told, where everybody has the file; "" = it is sent it
    version_id: str | None = None  # the store's own, where it keeps such


def publish(job: Job, file: SpooledFile | None, adapters: Adapters) -> Row:
    """Put the file online, or its address (then it may be None); returns the row that was recorded.

    `PortalError` when it is not certain that everything is in place. The intent stays, so that a
    later cycle knows what the portal may show, unless the portal was seen without our file.
    """
    name = adapters.portal.upload_rules.name(job.judged.key)
    if not job.address:
        _space_out(job.binding, name, adapters)
    intent = adapters.ledger.begin(
        Intent(
            id=0,
            binding=job.binding,
            judged=job.judged,
            filename=name,
            title=job.title,
            started_at=adapters.clock(),
            before=job.before,
            version_id=file.version_id if file is not None else job.version_id,
            cause=job.cause,
            findings=job.findings,
            profile=job.profile,
            pin=job.pin,
            lifted=job.lifted,
            loosened=job.loosened,
            written_title=job.written_title,
            address=job.address,
        )
    )
    log.info("publication.begun", resource=job.binding.resource, size=job.judged.digest.size)
    intent, resource = _send(intent, job.online, file, job.mark, adapters)
    log.info("publication.stored", resource=resource.id, sha1=resource.sha1)
    try:
        return complete(intent, resource, job.mark, job.reason, adapters)
    except (NotFound, Gone):
        # A portal may take uploads to a resource that is being removed, and say 200.
        # One "no" is not enough to believe it: the title would be lost.
        dataset = adapters.portal.describe(job.binding.dataset, urgent=True)
        if dataset.find(resource.id) is not None:
            raise
        made = aftermath.made_by(intent, dataset, job.mark)
        if made is not None:  # the answer to a creation had named another one
            intent = _answered(intent, made, adapters)
            return complete(intent, made, job.mark, job.reason, adapters)
        return withdrawn(intent, adapters)


def withdrawn(intent: Intent, adapters: Adapters) -> Row:
    """A person removed the resource while we uploaded: remembered, so that it is not made again."""
    reason = because("withdrawn_meanwhile", resource=intent.binding.resource, title=intent.title)
    row = Row(
        binding=intent.binding,
        title=intent.title,
        link="",
        state=Outcome.REFUSED,
        reason=reason,
        checked_at=adapters.clock(),
        judged=intent.judged,
        published=intent.judged,
        written_title=intent.written_title,
    )
    adapters.ledger.finish(intent, row)
    return row


def _space_out(binding: Binding, name: str, adapters: Adapters) -> None:
    last = adapters.ledger.last_sent(binding.portal, binding.dataset, name)
    if last is not None:
        apart = adapters.portal.upload_rules.apart
        pause = (last + apart - adapters.clock()).total_seconds()
        if 0 < pause <= apart.total_seconds():
            adapters.wait(pause)


def _send(
    intent: Intent, seen: Resource | None, file: SpooledFile | None, mark: str, adapters: Adapters
) -> tuple[Intent, Resource]:
    """`seen`: the resource as it was read last, None where there is none yet."""
    wrong = None

    def note(now: Resource | None) -> None:
        nonlocal intent, seen
        noted = _edited_since(intent, seen, now)
        if noted is not intent:
            adapters.ledger.amend(noted)
        intent, seen = noted, now or seen

    def look(refused: bool) -> Resource | None:
        nonlocal intent
        now, stored = _look_back(intent, mark, adapters, urgent=wrong is not None)
        note(now)
        if stored is None and refused:
            intent, stored = _before_another_try(intent, mark, adapters)
        return stored

    def glance() -> None:
        if intent.binding.resource and adapters.clock() - intent.started_at >= LONG_UPLOAD:
            note(adapters.portal.glance(intent.binding.dataset, intent.binding.resource))

    for _ in range(SENDS):
        try:
            answer = (look(False) if wrong is not None else None) or _sent(
                intent, file, mark, adapters, look, glance, urgent=wrong is not None
            )
            if not aftermath.is_answer_to(intent, answer):
                host = urlsplit(adapters.portal.url).hostname
                raise AnswerLost("portal_garbled", host=host, what="upload")
        except AnswerLost as error:
            log.warning("publication.answer_lost", why=str(error))
            online = read_back(intent, mark, adapters)
            if online is None:
                if wrong is not None and not intent.address:  # of the first upload
                    with suppress(PortalError):
                        _restore_title(intent, adapters)
                raise _lost(error) from error
            return _answered(intent, online, adapters), online
        except PortalError as error:
            stored = _stored_although_refused(intent, mark, error, adapters)
            if stored is None:
                raise
            answer = stored
        intent = _answered(intent, answer, adapters)
        wrong = aftermath.answer(answer, intent.judged.digest, intent.address)
        if wrong is None:
            return intent, answer
        log.error("publication.wrong_bytes", resource=answer.id, **wrong.facts)
        if not intent.address:
            _space_out(intent.binding, intent.filename, adapters)
    _leave(intent, adapters)
    code, facts = (wrong.code, dict(wrong.facts)) if wrong else ("verify_bytes", {})
    raise WrongBytes(code, **facts)


def _stored_although_refused(
    intent: Intent, mark: str, error: PortalError, adapters: Adapters
) -> Resource | None:
    """What the portal stored although it, or something on the way, refused; None = nothing.

    Where the portal does not say, the intent stays open, for a later cycle to ask. Where it shows
    nothing, it may still be at work on the upload: the refusal is remembered.
    """
    dataset = None
    if error.may_be_stored:
        try:
            dataset = adapters.portal.describe(intent.binding.dataset, urgent=True)
        except PortalError as unread:
            log.warning("publication.not_read_back", why=str(unread), refusal=str(error))
            now = adapters.clock()
            adapters.ledger.amend(replace(intent, settle_from=now, sent_at=now))
            if isinstance(error, Rejected):  # that nothing was changed cannot be said
                raise _lost(error) from error
            return None
        stored = aftermath.stored_by(intent, dataset, mark)
        if stored is not None:
            log.warning("publication.stored_but_refused", resource=stored.id, why=str(error))
            return stored
    if intent.answered_sha1 is not None:
        _leave(intent, adapters)
    elif dataset is not None and aftermath.may_still_come(intent, dataset):
        online = dataset.find(intent.binding.resource)
        _remember_refusal(aftermath.retitled_since(intent, online), adapters)
    else:
        adapters.ledger.abandon(intent)
    return None


def _remember_refusal(intent: Intent, adapters: Adapters) -> Intent:
    """Of several refusals of one file the last stands for all: it knows the newest title."""
    now = adapters.clock()
    refused = replace(intent, state=IntentState.REFUSED, settle_from=now, sent_at=now)
    adapters.ledger.amend(refused)
    for former in adapters.ledger.intents(intent.binding.portal, intent.binding.dataset):
        if former.id != refused.id and aftermath.is_same_refusal(former, refused):
            adapters.ledger.abandon(former)
    return refused


def _before_another_try(
    intent: Intent, mark: str, adapters: Adapters
) -> tuple[Intent, Resource | None]:
    """The intent of the next try, or what the refused one has stored by now.

    The portal may carry out either of them, or both, in any order. Two creations would make two
    resources, so the window of the first is sat out.
    """
    refused = _remember_refusal(intent, adapters)
    anew = replace(refused, state=IntentState.OPEN)
    if intent.creates:
        seconds = adapters.settle_window(intent.judged.digest.size).total_seconds()
        _say_waiting(intent, seconds, adapters)
        with adapters.release_slot():
            adapters.wait(seconds)
        _, stored = _look_back(refused, mark, adapters)
        if stored is not None:
            return anew, stored
    now = adapters.clock()
    anew = replace(anew, id=0, started_at=now, sent_at=None, settle_from=None)
    return adapters.ledger.begin(anew), None


def _lost(error: PortalError) -> AnswerLost:
    facts = error.reason.facts
    why = facts.get("detail") or facts.get("words") or facts.get("status")
    return AnswerLost("upload_lost", host=facts.get("host"), why=why)


def _leave(intent: Intent, adapters: Adapters) -> None:
    """Wrong bytes are online and cannot be mended now. A later cycle knows them by the intent."""
    adapters.ledger.amend(replace(intent, state=IntentState.EXPIRED))
    if intent.address:
        return
    with suppress(PortalError):  # the bytes are the worse news, and the title is in the intent
        _restore_title(intent, adapters)


def _answered(intent: Intent, answer: Resource, adapters: Adapters) -> Intent:
    """Note what the portal said that it has now."""
    was_new = not intent.binding.resource
    intent = replace(
        intent,
        binding=replace(intent.binding, resource=answer.id),
        sent_at=adapters.clock(),
        answered_sha1=answer.sha1,
    )
    # After a crash the right bytes are found again by what the portal shows; wrong ones, and a
    # resource that was made, are known as ours by this note alone.
    if was_new or answer.sha1 != intent.judged.digest.sha1:
        adapters.ledger.amend(intent)
    return intent


def _look_back(
    intent: Intent, mark: str, adapters: Adapters, *, urgent: bool = False
) -> tuple[Resource | None, Resource | None]:
    """Before a request that publishes is sent after a while: the resource, and what it did already.

    The first is None where nothing was done yet to one that is to be created.
    """
    binding = intent.binding
    if not binding.resource:
        dataset = adapters.portal.describe(binding.dataset, urgent=urgent)
        return None, aftermath.stored_by(intent, dataset, mark)
    now = adapters.portal.resource(binding.dataset, binding.resource, urgent=urgent)
    return now, now if aftermath.shows(now, intent) else None


def _edited_since(intent: Intent, before: Resource | None, now: Resource | None) -> Intent:
    """The intent with what a person has written since, if so: it is to be put back.

    A resource that has another file by now, ours or not, shows what that upload wrote there.
    """
    if now is None or intent.address or aftermath.shows(now, intent):
        return intent
    retitled = aftermath.retitled_since(intent, now)
    if before is None or before.sha1 != now.sha1:
        return retitled
    return edits.noted(retitled, before, now)


def _sent(
    intent: Intent,
    file: SpooledFile | None,
    mark: str,
    adapters: Adapters,
    look: UploadLook,
    glance: Callable[[], None],
    *,
    urgent: bool,
) -> Resource:
    dataset, resource = intent.binding.dataset, intent.binding.resource
    if intent.address:
        public = PublicFile(intent.address, intent.judged.digest)
        if resource:
            return adapters.portal.turn_link(dataset, resource, public, look)
        marks = {decide.MARK: mark}
        return adapters.portal.create_link(dataset, public, intent.title, marks, look)
    if file is None:
        raise ValueError("no file is there to be sent")
    with adapters.progress.transfer(intent.filename, "send", file.digest.size) as transfer:
        if resource:
            return adapters.portal.replace(
                dataset, resource, file, intent.filename, transfer, look, glance, urgent=urgent
            )
        return adapters.portal.create(dataset, file, intent.filename, transfer, look)


def read_back(intent: Intent, mark: str, adapters: Adapters) -> Resource | None:
    """Read back until the upload shows, or until the window has passed (then None).

    Never sends anything: the server may commit an upload seconds after its client has gone.
    """
    with adapters.release_slot():
        return _seen(_settling(intent, adapters), mark, adapters)


def _settling(intent: Intent, adapters: Adapters) -> Intent:
    """With the start of its settle window noted."""
    now = adapters.clock()
    if aftermath.settles_from(intent, now) is not None:
        return intent
    begun = replace(intent, settle_from=now, sent_at=now)
    adapters.ledger.amend(begun)
    return begun


def _seen(intent: Intent, mark: str, adapters: Adapters) -> Resource | None:
    window = adapters.settle_window(intent.judged.digest.size)
    is_told = False
    while True:
        # The upload may be online already, under a file's name: no limit of waiting ends this.
        dataset = adapters.portal.describe(intent.binding.dataset, urgent=True)
        after = aftermath.judge(intent, dataset, mark, adapters.clock(), window)
        match after.end:
            case aftermath.End.ARRIVED:
                return after.resource
            case aftermath.End.LOST | aftermath.End.WITHDRAWN:
                if intent.state is IntentState.OPEN:
                    adapters.ledger.amend(replace(intent, state=IntentState.EXPIRED))
                return None
            case aftermath.End.PENDING:
                intent = _settling(intent, adapters)  # clocks are set right meanwhile
                if not is_told:
                    begun = intent.settle_from or adapters.clock()
                    left = begun + window - adapters.clock()
                    _say_waiting(intent, left.total_seconds(), adapters)
                    is_told = True
                adapters.wait(READ_BACK_EVERY)


def _say_waiting(intent: Intent, seconds: float, adapters: Adapters) -> None:
    """For an upload that may still arrive: at most for so long."""
    key = intent.judged.key
    until = adapters.clock() + timedelta(seconds=max(seconds, 0))
    log.info("upload.waiting", key=key, until=until.isoformat(timespec="seconds"))
    host = urlsplit(intent.binding.portal).netloc
    adapters.progress.waiting(because("wait_upload", key=key, host=host), seconds)


def complete(
    intent: Intent,
    resource: Resource,
    mark: str,
    reason: Reason,
    adapters: Adapters,
    pinned: Row | None = None,
) -> Row:
    """The bytes are online: marks, title, other words, record. May be repeated from the start.

    `pinned`: the row of a target that was pinned to other bytes after this upload was given up.
    """
    binding = replace(intent.binding, resource=resource.id)
    intent = replace(intent, binding=binding)
    if intent.creates and resource.extras.get(decide.MARK) != mark:
        adapters.portal.mark(binding.dataset, binding.resource, {decide.MARK: mark})
    current = resource  # an address resets no words
    if not intent.address:
        current = _restore_title(intent, adapters)
        _restore_edits(intent, current, adapters)
    row = _recorded_as(intent, current, reason, adapters, pinned)
    kept = links.kept(intent.binding, intent.judged, intent.version_id, intent.address, adapters)
    line = history.of_upload(intent, resource, row, kept, adapters.clock())
    adapters.ledger.finish(intent, row, line)
    pin_marks.put_right(row, current, adapters)
    log.info(
        "publication.done",
        resource=binding.resource,
        key=intent.judged.key,
        sha1=intent.judged.digest.sha1,
        size=intent.judged.digest.size,
        outcome=row.state.value,
    )
    return row


def completed(
    intent: Intent,
    resource: Resource,
    mark: str,
    reason: Reason,
    adapters: Adapters,
    pinned: Row | None = None,
) -> Row:
    """The row that `complete` would record, for a plan."""
    del mark
    intent = replace(intent, binding=replace(intent.binding, resource=resource.id))
    retitled = aftermath.may_retitle(resource, intent.title)
    titled = replace(resource, title=intent.title) if retitled else resource
    return _recorded_as(intent, titled, reason, adapters, pinned)


def _recorded_as(
    intent: Intent, online: Resource, reason: Reason, adapters: Adapters, pinned: Row | None
) -> Row:
    row = _row_of(intent, online, reason, adapters)
    if pinned is None:
        return row
    over = decide.look_at_pinned(pinned, online)
    row = replace(
        pinned,
        title=row.title,
        link=row.link,
        checked_at=row.checked_at,
        written_title=row.written_title,
        file_url=row.file_url,
    )
    return replace(row, state=over.outcome, reason=over.reason)


def _row_of(intent: Intent, online: Resource, reason: Reason, adapters: Adapters) -> Row:
    """The row once an upload is in place. A pin keeps what the bucket had, and is not published."""
    pin, now, content = intent.pin, adapters.clock(), pins.content_in(intent.profile)
    outcome = Outcome.CREATED if intent.creates else Outcome.REPLACED
    return Row(
        binding=intent.binding,
        title=online.title,
        link=online.latest,
        state=outcome if pin is None else Outcome.PINNED,
        reason=reason if pin is None else pins.reason(pin),
        checked_at=now,
        judged=intent.judged if pin is None else pin.judged,
        published=intent.judged if pin is None else pins.as_pinned(intent.judged, pin),
        published_at=now,
        version_id=intent.version_id,
        pin=pin,
        judged_content=content if pin is None else pin.content,
        published_content=content,
        written_title=intent.written_title if online.title == intent.title else online.title,
        file_url=online.url,
        address=intent.address,
    )


def _restore_title(intent: Intent, adapters: Adapters) -> Resource:
    """Put the title back, unless a person wrote another one since our upload."""
    return put_title_back(intent.binding.dataset, intent.binding.resource, intent.title, adapters)


def _restore_edits(intent: Intent, online: Resource, adapters: Adapters) -> None:
    """Put back what persons wrote during the upload, and the upload wrote over."""
    lost = edits.overwritten(intent, online)
    if lost:
        adapters.portal.write_back(intent.binding.dataset, online.id, lost)
        log.info("publication.written_back", resource=online.id, fields=list(lost))


def put_title_back(dataset: str, resource: str, title: str, adapters: Adapters) -> Resource:
    """The resource under this title, or under one that a person has written there; `PortalError`.

    Nothing is written where the title is no file's name.
    """

    def in_place() -> Resource | None:
        now = adapters.portal.resource(dataset, resource, urgent=True)
        return None if aftermath.may_retitle(now, title) else now

    current = in_place()
    if current is None:
        try:
            current = adapters.portal.retitle(dataset, resource, title, in_place)
        except PortalError as error:  # whatever was answered, it may be there
            with suppress(PortalError):
                current = in_place()
            if current is None:
                raise
            log.warning("publication.titled_but_refused", resource=resource, why=str(error))
        log.info("publication.titled", resource=resource)
    return current
