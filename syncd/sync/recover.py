"""What an earlier cycle left unfinished is brought to its end, under the dataset's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from syncd.core.errors import PortalError
from syncd.core.portal import Dataset
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason, because
from syncd.core.records import Intent, IntentState, Row
from syncd.sync import aftermath, edits
from syncd.sync.publish import complete, completed, read_back, withdrawn

# An upload that was given up, or refused, may arrive even after its window; a portal that still
# stores it days later is not known, and what is remembered for that must not grow.
ARRIVES_WITHIN = timedelta(days=7)

log = structlog.get_logger("syncd.recover")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of unfinished uploads."""

    done: tuple[Row, ...] = ()  # of those that turned out to be online, or withdrawn
    ended: tuple[Intent, ...] = ()  # that stand open no more
    pending: tuple[Intent, ...] = ()  # may still arrive
    failed: tuple[tuple[Intent, PortalError], ...] = ()  # online, but the title did not work


def recover(
    intents: Sequence[Intent],
    dataset: Dataset,
    marks: Mapping[int, str],
    adapters: Adapters,
    *,
    plan: bool = False,
) -> Recovery:
    """Judge each intent by what the dataset shows. Waits for nothing. `marks`: by intent id.

    `plan`: only say what would be done; the ledger is one that drops what is written.
    """
    done: list[Row] = []
    ended, pending, failed = [], [], []
    pins = _pins(dataset, adapters)
    for begun in intents:
        intent = _retitled_since(begun, dataset, adapters)
        mark = marks[intent.id]
        window = adapters.settle_window(intent.judged.digest.size)
        after = aftermath.judge(intent, dataset, mark, adapters.clock(), window)
        refused = intent.state is IntentState.REFUSED
        late = refused or (intent.state is IntentState.EXPIRED and not intent.creates)
        if late and abs(adapters.clock() - intent.started_at) > ARRIVES_WITHIN:
            adapters.ledger.amend(replace(intent, state=IntentState.DONE))
            ended.append(intent)
            continue
        if aftermath.is_sent_again(intent, intents):
            continue  # what is online is the newer upload's, which is told once
        if late and after.resource and not aftermath.came_late(intent, after.resource, mark):
            continue  # sent again meanwhile; it may still arrive, and reset the title
        if after.end is aftermath.End.ARRIVED and after.resource is not None:
            log.info("recovery.arrived", resource=after.resource.id)
            reason = _reason(intent)
            pinned = _overridden(intent, pins)
            try:
                finish = completed if plan else complete
                done.append(finish(intent, after.resource, mark, reason, adapters, pinned))
                ended.append(intent)
            except PortalError as error:
                failed.append((intent, error))
        elif after.end is aftermath.End.WITHDRAWN and intent.state is IntentState.OPEN:
            done.append(withdrawn(intent, adapters))
            ended.append(intent)
        elif refused and intent.creates and after.end is aftermath.End.PENDING:
            pending.append(intent)  # another one would make a second resource
        elif intent.state is not IntentState.OPEN:
            continue
        elif after.end is aftermath.End.PENDING:
            pending.append(_watched(intent, adapters))
        else:
            log.warning("recovery.lost", resource=intent.binding.resource)
            adapters.ledger.amend(replace(intent, state=IntentState.EXPIRED))
    return Recovery(tuple(done), tuple(ended), tuple(pending), tuple(failed))


def _pins(dataset: Dataset, adapters: Adapters) -> Mapping[str, Row]:
    rows = adapters.ledger.rows(adapters.portal.url, dataset.id)
    return {row.binding.resource: row for row in rows if row.pin is not None}


def _overridden(intent: Intent, pins: Mapping[str, Row]) -> Row | None:
    """The pinned row that this upload must not unpin: a person went back after it had begun."""
    row = pins.get(intent.binding.resource)
    if row is None or row.pin is None or intent.pin is not None:
        return None
    return row if intent.started_at < row.pin.at else None


def _reason(intent: Intent) -> Reason:
    refused = intent.state is IntentState.REFUSED
    code = "stored_after_refusal" if refused else "recovered"
    return because(code, started=intent.started_at.isoformat())


def _retitled_since(intent: Intent, dataset: Dataset, adapters: Adapters) -> Intent:
    online = dataset.find(intent.binding.resource)
    retitled = aftermath.retitled_since(intent, online)
    has_file = online is not None and aftermath.shows(online, intent)
    if online is not None and not has_file and not online.has_made_title:
        retitled = edits.looked_at(retitled, online)  # no upload of ours has changed it yet
    if retitled is not intent:
        adapters.ledger.amend(retitled)
    return retitled


def _watched(intent: Intent, adapters: Adapters) -> Intent:
    """The intent with the start of its settle window, which is the first look after the loss."""
    now = adapters.clock()
    if aftermath.settles_from(intent, now) is not None:
        return intent
    watched = replace(intent, settle_from=now)
    adapters.ledger.amend(watched)
    return watched


def wait_for(intent: Intent, mark: str, adapters: Adapters) -> Row | None:
    """Sit out the window of one pending intent; None when the upload never arrived."""
    resource = read_back(intent, mark, adapters)
    if resource is None:
        return None
    return complete(intent, resource, mark, _reason(intent), adapters)
