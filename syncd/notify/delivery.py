"""Tells people: keeps the alerts in the ledger, and sends what is due.

Who was told? An alert counts as told when one address of those who run syncd has it; where there
is none, when the dataset's contact has it; where there is nobody at all, at once. An address that
did not take a message keeps it in its outbox, and is tried again after 5 minutes, then 10, up to
an hour. Outboxes are in memory: after a restart, what counts as told is told again a day later
at most, and what does not is told again to all.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from syncd.core.errors import LedgerError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.reasons import Reason
from syncd.core.records import DatasetNote, Row
from syncd.core.results import Result
from syncd.core.service_records import Alert, Unclaimed
from syncd.notify import Address, Letter, alerts
from syncd.notify.alerts import Change, Delivery, Key, key_of
from syncd.notify.links import Linked, none_linked
from syncd.notify.messages import message

log = structlog.get_logger("syncd.notify")

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
OFFERED_FOR = timedelta(days=1)  # how long good news is offered to an address that takes nothing


class Post(Protocol):
    """`syncd.notify.Mailer`, or a test's."""

    @property
    def ops(self) -> tuple[Address, ...]: ...

    def contact(self, contact: str) -> Address | None: ...

    def send(self, letters: Sequence[Letter]) -> Sequence[Reason | None]: ...


class AlertDelivery:
    """`observe`, `raise_` and `clear` may be called from any thread, `flush` from one at a time.

    None of them raises.
    """

    def __init__(
        self,
        ledger: ServiceLedger,
        post: Post,
        portal: str,
        clock: Callable[[], datetime],
        linked: Linked = none_linked,
    ) -> None:
        """`linked`: where a contact reads of a dataset's deposits."""
        self.linked = linked
        self._ledger = ledger
        self._portal = portal
        self._post = post
        self._clock = clock
        self._memory = _Memory(ledger, portal)
        self._boxes: dict[Address, _Outbox] = {}
        self._under_way: dict[Key, Alert] = {}  # in outboxes, and not told yet
        self._in_hand: frozenset[Key] = frozenset()  # in letters that are being sent
        self.unsent = 0
        """Alerts that somebody should have been told of and could not be."""

    def use(self, post: Post) -> None:
        """Send by this from now on: the addresses may be others."""
        self._post = post

    @property
    def troubles(self) -> tuple[Reason, ...]:
        """Why addresses did not take their last message."""
        return tuple(box.trouble for box in tuple(self._boxes.values()) if box.trouble)

    # -- what happened ----------------------------------------------------------------------

    def observe(
        self,
        dataset: str,
        results: Sequence[Result],
        contact: str = "",
        *,
        partial: bool = False,
        receipts: bool = False,
    ) -> None:
        """A cycle of this dataset ended. `dataset`: as the manifest has it.

        `partial`: not every target was looked at (a portal check, a cycle cut short). `receipts`:
        the contact, where it can be written to, is told of each file that went online.
        """
        now = self._clock()
        receipts = receipts and bool(contact) and bool(self._addresses(contact))

        def change(known: Sequence[Alert]) -> Change:
            return alerts.after_cycle(
                known,
                self._completed(results),
                self._portal,
                dataset,
                contact,
                now,
                partial=partial,
                receipts=receipts,
            )

        self._apply(change)

    def observe_unclaimed(self, dataset: str, found: Sequence[Unclaimed]) -> None:
        """The objects beside this dataset's targets that none claims, all of them."""
        now = self._clock()

        def change(known: Sequence[Alert]) -> Change:
            about = self._about(dataset, "", "") if found else {}
            wanted = [
                Alert(
                    self._portal,
                    dataset,
                    f"{alerts.UNCLAIMED} {one.source} {one.key}",
                    alerts.UNCLAIMED,
                    one.reason,
                    {**about, "object": one.key},
                    now,
                )
                for one in found
            ]
            return alerts.after_listing(known, dataset, wanted, now)

        self._apply(change)

    def raise_(
        self,
        item: str,
        state: str,
        reason: Reason,
        *,
        dataset: str = "",
        title: str = "",
        contact: str = "",
    ) -> None:
        """Something of the service, or of a dataset as a whole, is not well; again is no news."""
        now = self._clock()

        def change(known: Sequence[Alert]) -> Change:
            about = self._about(dataset, title, contact) if dataset else {}
            wanted = Alert(self._portal, dataset, item, state, reason, about, now)
            return alerts.raise_alert(known, wanted)

        self._apply(change)

    def clear(self, item: str, *, dataset: str = "") -> None:
        """It is well again, if it ever was not."""
        now = self._clock()
        self._apply(lambda known: alerts.clear_alert(known, (dataset, item), now))

    def forget_others(self, datasets: Collection[str]) -> None:
        """Forget the alerts of other datasets: they left the manifest, or are paused."""
        self._apply(lambda known: alerts.forget_others(known, datasets))

    def _apply(self, decide: Callable[[Sequence[Alert]], Change]) -> None:
        try:
            self._memory.change(lambda known: self._with_ends(decide, known))
        except Exception:
            log.exception("notify.fault")

    def _with_ends(
        self, decide: Callable[[Sequence[Alert]], Change], known: Sequence[Alert]
    ) -> Change:
        """What ends untold is never told; but whoever is just being told of it hears its end."""
        change = decide(known)
        untold = {key_of(alert) for alert in change.dropped if alert.told_at is None}
        heard = untold & self._in_hand
        if not heard:
            return change
        now = self._clock()
        return decide([replace(a, told_at=now) if key_of(a) in heard else a for a in known])

    def _about(self, dataset: str, title: str, contact: str) -> dict[str, str]:
        page = ""
        with contextlib.suppress(LedgerError):
            known = self._ledger.address(self._portal, dataset) or dataset
            note = self._ledger.note(self._portal, known)
            title, page = (note.title, note.page) if note else (title, page)
        return {"dataset_title": title, "page": page, "contact": contact}

    def _completed(self, results: Sequence[Result]) -> Sequence[Result]:
        """With titles and links from the ledger, where the cycle did not get to them."""
        poor = [r for r in results if not r.outcome.is_well and not (r.link and r.dataset_page)]
        if not poor:
            return results
        try:
            note = self._ledger.note(self._portal, poor[0].dataset)
            rows = self._ledger.rows(self._portal, poor[0].dataset)
        except LedgerError:
            return results
        known = {row.binding.resource: row for row in rows if row.binding.resource}
        return [_completed(result, note, known.get(result.resource or "")) for result in results]

    # -- telling ----------------------------------------------------------------------------

    def flush(self, now: datetime | None = None) -> None:
        """Send what is due. Takes as long as the slowest server is given: a minute, rarely more."""
        try:
            self._flush(now or self._clock())
        except Exception:
            log.exception("notify.fault")

    def _flush(self, now: datetime) -> None:
        known = {key_of(alert): alert for alert in self._memory.alerts()}
        for box in self._boxes.values():
            box.refresh(known, now)
        self._under_way = {k: a for k, a in self._under_way.items() if k in known}
        self._put_into_boxes(
            [a for a in alerts.due(known.values(), now) if not self._is_under_way(a)]
        )
        try:
            self._empty_boxes(now)
            self._mark_told(now)
        finally:
            self._in_hand = frozenset()
        self._boxes = {address: box for address, box in self._boxes.items() if box.is_needed(now)}
        waiting = (box.pending for box in self._boxes.values() if box.trouble)
        self.unsent = len(set[Key]().union(*waiting))

    def _is_under_way(self, alert: Alert) -> bool:
        sent = self._under_way.get(key_of(alert))
        return sent is not None and _same_news(sent, alert)

    def _put_into_boxes(self, due: Sequence[Alert]) -> None:
        for alert in due:
            self._under_way[key_of(alert)] = alert
        for delivery in alerts.deliveries(due, ops=bool(self._post.ops), contacts=True):
            for address in self._addresses(delivery.contact):
                box = self._boxes.setdefault(address, _Outbox(address))
                box.pending.update({key_of(alert): alert for alert in delivery.alerts})
        nobody = [alert for alert in due if not self._takers(alert)]
        if nobody:
            log.warning("notify.nobody", alerts=len(nobody))

    def _addresses(self, contact: str) -> tuple[Address, ...]:
        if not contact:
            return self._post.ops
        address = self._post.contact(contact)
        return (address,) if address is not None else ()

    def _takers(self, alert: Alert) -> tuple[Address, ...]:
        """One of whom must have the alert before it counts as told."""
        contact = alerts.contact_of(alert)
        ops = () if alerts.is_receipt(alert) else self._post.ops
        return ops or (self._addresses(contact) if contact else ())

    def _empty_boxes(self, now: datetime) -> None:
        full = [box for box in self._boxes.values() if box.pending and not box.is_waiting(now)]
        letters = []
        for box in full:
            pending = alerts.in_order(box.pending.values())
            text = message(
                Delivery(box.address.contact, pending),
                lambda dataset, contact: self.linked(dataset, contact, now),
            )
            letters.append(Letter(box.address, text.subject, text.body, alerts.kind_of(pending)))
        if not letters:
            return
        self._in_hand = frozenset(key for box in full for key in box.pending)
        answers = self._post.send(letters)
        for box, trouble in zip(full, answers, strict=True):
            alerts_in = len(box.pending)
            box.close(trouble, now)
            if trouble is None:
                log.info("notify.sent", to=box.address.label, alerts=alerts_in)
            else:
                log.warning(
                    "notify.failed",
                    to=box.address.label,
                    why=trouble.code,
                    detail=trouble.facts.get("detail"),
                    alerts=alerts_in,
                    again_at=box.not_before.isoformat() if box.not_before else None,
                )

    def _mark_told(self, now: datetime) -> None:
        delivered = {}
        for key, alert in self._under_way.items():
            takers = [self._boxes.get(address) for address in self._takers(alert)]
            if not takers or any(box is None or key not in box.pending for box in takers):
                delivered[key] = alert

        def change(known: Sequence[Alert]) -> Change:
            # What changed while the message was on its way is news.
            mine = [
                a for a in known if key_of(a) in delivered and _same_news(a, delivered[key_of(a)])
            ]
            over = tuple(alert for alert in mine if alerts.is_told_once(alert))
            last = tuple(replace(a, told_at=now) for a in mine if not alerts.is_told_once(a))
            return Change(last, over)

        if delivered:
            self._memory.change(change)
        self._under_way = {k: a for k, a in self._under_way.items() if k not in delivered}


def _completed(result: Result, note: DatasetNote | None, row: Row | None) -> Result:
    if note is not None and not result.dataset_page:
        result = replace(result, dataset_title=note.title, dataset_page=note.page)
    if row is not None and not result.link:
        result = replace(result, title=result.title or row.title, link=row.link)
    return result


def _same_news(one: Alert, other: Alert) -> bool:
    return (one.state, one.since, one.told_at) == (other.state, other.since, other.told_at)


@dataclass(slots=True)
class _Outbox:
    """What one address has not got yet."""

    address: Address
    pending: dict[Key, Alert] = field(default_factory=dict)
    failures: int = 0
    not_before: datetime | None = None
    trouble: Reason | None = None

    def refresh(self, known: dict[Key, Alert], now: datetime) -> None:
        """What is pending is told as it is now; what nobody needs to know any more is not."""
        for key, alert in tuple(self.pending.items()):
            current = known.get(key)
            if current is not None and current.state == alert.state:
                # Told to others meanwhile: to this address it is still the first time.
                self.pending[key] = replace(current, told_at=alert.told_at)
            elif current is None and not (
                alerts.is_told_once(alert) and now - alert.since < OFFERED_FOR
            ):
                del self.pending[key]

    def is_waiting(self, now: datetime) -> bool:
        # A pause longer than any that we make was made by a wrong clock.
        pause = self.not_before - now if self.not_before else timedelta()
        return timedelta() < pause <= LONGEST_PAUSE

    def close(self, trouble: Reason | None, now: datetime) -> None:
        self.trouble = trouble
        if trouble is None:
            self.pending.clear()
            self.failures, self.not_before = 0, None
            return
        self.failures += 1
        self.not_before = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures - 1, 10))

    def is_needed(self, now: datetime) -> bool:
        return bool(self.pending) or self.is_waiting(now)


class _Memory:
    """The alerts in the ledger; and what it could not take, until it can.

    A disk that is full fails cycles and the ledger at once, and just that must be told.
    """

    def __init__(self, ledger: ServiceLedger, portal: str) -> None:
        self._ledger = ledger
        self._portal = portal
        self._lock = threading.Lock()
        self._read: dict[Key, Alert] = {}  # as the ledger was last read
        self._changed: dict[Key, Alert] = {}
        self._dropped: dict[Key, Alert] = {}
        self._well = True

    def alerts(self) -> tuple[Alert, ...]:
        with self._lock:
            return self._alerts()

    def change(self, decide: Callable[[Sequence[Alert]], Change]) -> None:
        """Reads, decides and stores without anything in between."""
        with self._lock:
            change = decide(self._alerts())
            self._note(change.dropped, self._dropped, self._changed)
            self._note(change.changed, self._changed, self._dropped)
            self._store()

    def _alerts(self) -> tuple[Alert, ...]:
        try:
            self._read = {key_of(alert): alert for alert in self._ledger.alerts(self._portal)}
        except LedgerError as error:
            self._report(error)
        merged = {k: a for k, a in self._read.items() if k not in self._dropped}
        return tuple({**merged, **self._changed}.values())

    @staticmethod
    def _note(alerts: Iterable[Alert], here: dict[Key, Alert], there: dict[Key, Alert]) -> None:
        for alert in alerts:
            here[key_of(alert)] = alert
            there.pop(key_of(alert), None)

    def _store(self) -> None:
        if not self._changed and not self._dropped:
            return
        try:
            self._ledger.put_alerts(tuple(self._changed.values()), tuple(self._dropped.values()))
        except LedgerError as error:
            self._report(error)
            return
        self._changed.clear()
        self._dropped.clear()
        self._well = True

    def _report(self, error: LedgerError) -> None:
        """Once, not at each turn."""
        if self._well:
            log.warning("notify.not_stored", why=str(error))
        self._well = False
