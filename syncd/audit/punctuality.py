"""Why the portal calls a dataset late: nobody deposits, or nothing changed, or it waits. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from syncd.audit.findings import Finding, Rating
from syncd.audit.frequencies import FREQUENCIES, TOLERANCE
from syncd.audit.subject import Mapped, Subject
from syncd.core import deadlines
from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome, Row

_CRITERION = "update_fulfilled_in_time"
_WELL = because("audit_ok")


def finding(subject: Subject) -> Finding:
    """The portal looks at the date of the newest file online; syncd knows the deposits, too."""
    in_time = subject.entry.quality.get(_CRITERION)
    if in_time is None:
        return Finding(_CRITERION, Rating.UNKNOWN, because("audit_no_frequency"))
    if in_time:
        return Finding(_CRITERION, Rating.OK, _WELL)
    status, reason = _why(subject)
    return Finding(_CRITERION, status, reason)


def _why(subject: Subject) -> tuple[Rating, Reason]:
    known = FREQUENCIES.get(subject.entry.frequency)
    period = timedelta(days=known.due) if known is not None else timedelta()
    rows = [one.row for one in subject.files if one.row is not None]
    looked = max((row.checked_at for row in rows), default=None)
    deposited = max((d for d in map(_deposit, rows) if d is not None), default=None)
    if looked is None or deposited is None:
        return Rating.UNKNOWN, because("audit_late_never_looked")
    waiting = [row for row in rows if _waits(row)]
    if waiting:
        newest = max(waiting, key=lambda row: _deposit(row) or row.checked_at)
        code = "audit_late_held" if newest.state is Outcome.HELD else "audit_late_waiting"
        when = _deposit(newest) or newest.checked_at
        return Rating.PROBLEM, because(code, date=when.isoformat(), title=newest.title)
    pinned = next((row for row in rows if row.pin is not None), None)
    if pinned is not None and pinned.pin is not None:
        target = pinned.binding.resource
        return Rating.IMPROVE, because(
            "audit_late_pinned", title=pinned.title, by=pinned.pin.by, target=target
        )
    facts = {"date": deposited.isoformat(), "frequency": subject.entry.frequency}
    if deposited + period + TOLERANCE >= subject.asked_at:
        return Rating.IMPROVE, because("audit_late_unchanged", **facts)
    if looked < subject.entry.updated_at + period:  # when nothing was due yet
        return Rating.UNKNOWN, because("audit_late_not_looked", date=looked.isoformat())
    if _is_expected_later(subject.files, subject.asked_at):
        return Rating.IMPROVE, because("audit_late_expected", **facts)
    if subject.contact:
        return Rating.PROBLEM, because(
            "audit_late_silent_contact", contact=subject.contact, **facts
        )
    return Rating.PROBLEM, because("audit_late_silent", **facts)


def _deposit(row: Row) -> datetime | None:
    """When the newest version that syncd read was deposited."""
    newest = row.judged or row.published
    return newest.fingerprint.modified if newest is not None else None


def _waits(row: Row) -> bool:
    """Whether a file with other bytes was deposited and is not online."""
    if row.judged is None or row.published is None:
        return row.state in {Outcome.HELD, Outcome.FAILED}
    is_other = row.judged.digest.sha1 != row.published.digest.sha1
    return is_other and not row.is_same_content and row.state is not Outcome.PINNED


def _is_expected_later(files: tuple[Mapped, ...], now: datetime) -> bool:
    """Whether the manifest itself expects no file yet."""
    stated = [(one.expect, _deposit(one.row)) for one in files if one.expect and one.row]
    return bool(stated) and all(
        when is not None and expect is not None and not deadlines.is_late(expect, when, now)
        for expect, when in stated
    )
