"""One run over many datasets: one listing, then one cycle each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex

import structlog
from structlog.contextvars import bound_contextvars

from syncd.actions.status import pause_reason
from syncd.core.composed import composed
from syncd.core.errors import LedgerError, UsageError
from syncd.core.ports import Adapters
from syncd.core.records import CycleNote, Outcome
from syncd.core.results import FAILED, LeftAlone, Report, Result
from syncd.core.service_records import DatasetRun, Unclaimed
from syncd.core.targets import DatasetEntry, Target
from syncd.sync import idle
from syncd.sync.concurrency import WorkerPool
from syncd.sync.context import RunOptions
from syncd.sync.dry_run import unwritten
from syncd.sync.engine import run_dataset
from syncd.sync.listing import Listing, scan, scan_together
from syncd.sync.matching import NEVER
from syncd.sync.similar_names import with_renames
from syncd.sync.unclaimed import changes
from syncd.sync.whole_manifest import WholeManifest

log = structlog.get_logger("syncd.run")

NAMED = 20  # of the datasets of one line
_Done = tuple[list[Result], list[DatasetRun]]  # of one dataset; nothing where it was not begun


def _targets(entries: Sequence[DatasetEntry]) -> list[Target]:
    return [target for entry in entries for target in entry.active]


def sync(
    wanted: Sequence[DatasetEntry],
    everything: WholeManifest | Sequence[DatasetEntry],
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
    command: str = "sync",
) -> Report:
    """Carry out a pass for each wanted dataset, and note the run in the ledger.

    `everything`: the whole manifest, whose objects are not unmapped. What is paused is left alone.
    """
    whole = WholeManifest.of(everything)
    since = _watched_since(wanted, adapters)
    report, runs, seen = _run(wanted, whole, adapters, options, now, since)
    if since is not None:
        seen.found.forget_matches()  # of many targets the most of what is held until now
        report = _with_unclaimed(report, seen, wanted, whole, adapters)
    # A cycle that was cut short is no run: its dataset is due again at the next start.
    noted = [] if options.only or adapters.stopping() else runs
    _note(report, noted, whole, adapters, now, command)
    return report


def look(
    wanted: Sequence[DatasetEntry],
    whole: WholeManifest,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> dict[str, Report]:
    """Of datasets that are due together: those of which one listing for several and the ledger say
    that nothing is to be done, by dataset as the manifest has it. That is noted as their run.

    The others are as they were, and `sync` is for them.
    """
    since = _watched_since(wanted, adapters)
    targets, begun = _targets(wanted), adapters.clock()
    seen, shown = scan_together(targets, whole.index, adapters.sources, begun, since or NEVER)
    ended = _look([one for one in wanted if one.dataset in shown], seen, adapters, options, now)
    # What it may be called now is looked for in its own listing, so that it is told the same.
    done = {d: one for d, one in ended.items() if all(r.lost is None for r in one[0])}
    entries = [entry for entry in wanted if entry.dataset in done]
    report = Report(tuple(result for results, _ in done.values() for result in results))
    if since is not None:
        seen.found.forget_matches()
        report = _with_unclaimed(report, seen, entries, whole, adapters)
    if done:
        _note(report, [run for _, runs in done.values() for run in runs], whole, adapters, now)
    beside: dict[str, list[Unclaimed]] = {}
    for one in report.unclaimed or ():
        beside.setdefault(one.dataset, []).append(one)
    told = report.unclaimed is not None
    return {
        dataset: Report(tuple(results), unclaimed=tuple(beside.get(dataset, ())) if told else None)
        for dataset, (results, _) in done.items()
    }


def plan(
    wanted: Sequence[DatasetEntry],
    everything: WholeManifest | Sequence[DatasetEntry],
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> Report:
    """What `sync` would do: the same passes, without their end. Writes only temporary files."""
    dry = replace(adapters, ledger=unwritten(adapters.ledger))
    whole = WholeManifest.of(everything)
    report, _, _ = _run(wanted, whole, dry, replace(options, plan=True), now)
    return report


def check(entry: DatasetEntry, adapters: Adapters, now: datetime) -> Report:
    """Look at the portal alone: is what we published still there? Publishes nothing.

    No run: a schedule that was missed is still to be made up for. `LockHeld` where another syncd is
    at it.
    """
    begun = adapters.clock()
    nothing = scan((), (), adapters.sources, now)
    with bound_contextvars(dataset=entry.dataset, cycle=token_hex(4)):
        options = RunOptions(check=True, ask=True, gives_way=True)
        done = run_dataset(entry, nothing, adapters, options, now, lambda _: nothing)
        _log_done(done, begun, adapters, event="check.done")
    return Report(tuple(done))


def _run(
    wanted: Sequence[DatasetEntry],
    whole: WholeManifest,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
    since: Mapping[str, datetime] | None = None,
) -> tuple[Report, list[DatasetRun], Listing]:
    """One listing of the sources, then one pass for each dataset; of a sync, several at once."""
    seen = scan(_targets(wanted), whole.index, adapters.sources, adapters.clock(), since or NEVER)
    active = [entry for entry in wanted if entry.active]
    workers = WorkerPool(adapters.concurrency)
    # One dataset alone is one of a service's, which has its own places. A plan's ledger may be an
    # empty one in memory, which is one thread's.
    abreast = len(active) > 1 and not options.plan
    if abreast:
        adapters = replace(adapters, release_slot=workers.release_slot)

    def relist(entry: DatasetEntry) -> Listing:
        return scan(_targets([entry]), whole.index, adapters.sources, adapters.clock())

    def one(entry: DatasetEntry) -> _Done:
        if adapters.stopping():
            return [], []
        begun = adapters.clock()
        with bound_contextvars(dataset=entry.dataset, cycle=token_hex(4)):
            done = run_dataset(entry, seen, adapters, options, now, relist)
            if not options.plan:
                _log_done(done, begun, adapters)
        return done, [_noted(entry, begun, done, adapters)]

    ended = _look(active, seen, adapters, options, now)
    left = [entry for entry in active if entry.dataset not in ended]
    jobs = [partial(one, entry) for entry in left]
    worked = workers.run(jobs) if abreast else [job() for job in jobs]
    ended |= {entry.dataset: one for entry, one in zip(left, worked, strict=True)}
    done = [ended[entry.dataset] for entry in active]
    results = [result for part, _ in done for result in part]
    if options.only and not results:
        raise _nothing_named(wanted, options.only)
    shown, renamed = with_renames(results, seen.found.unclaimed)
    left_alone: tuple[LeftAlone, ...] = ()
    try:
        left_alone = () if options.only else _left_alone(wanted, adapters, now)
    except LedgerError as error:  # what was done is reported all the same
        log.warning("run.pauses_not_read", why=str(error))
    report = Report(shown, seen.unmapped, seen.unmapped_count, renamed, left_alone)
    return report, [noted for _, part in done for noted in part], seen


def _look(
    active: Sequence[DatasetEntry],
    seen: Listing,
    adapters: Adapters,
    options: RunOptions,
    now: datetime,
) -> dict[str, _Done]:
    """The ends of those passes that need neither bytes nor portal; by dataset."""
    ended: dict[str, _Done] = {}
    nothing_new: list[Result] = []
    begun_all = adapters.clock()
    for at in range(0, len(active), idle.TOGETHER):
        if adapters.stopping():
            break
        begun, some = adapters.clock(), active[at : at + idle.TOGETHER]
        found = idle.look(some, seen, adapters, options, now)
        for entry in some:
            results = found.get(entry.dataset)
            if results is None:
                continue
            ended[entry.dataset] = results, [_noted(entry, begun, results, adapters)]
            if len(active) > 1 and all(result.is_no_news for result in results):
                nothing_new += results
            elif not options.plan:
                with bound_contextvars(dataset=entry.dataset, cycle=token_hex(4)):
                    _log_done(results, begun, adapters)
    if nothing_new and not options.plan:
        _log_idle(nothing_new, begun_all, adapters)
    return ended


def _watched_since(
    wanted: Sequence[DatasetEntry], adapters: Adapters
) -> Mapping[str, datetime] | None:
    """By source, since when any target's neighbours are looked at: what was deposited before is
    news of no target. None where the ledger does not say."""
    try:
        return adapters.ledger.watched_since(adapters.portal.url, _alone(wanted))
    except LedgerError as error:  # whatever hangs on the ledger tells so itself
        log.warning("unclaimed.not_looked", why=str(error))
        return None


def _alone(wanted: Sequence[DatasetEntry]) -> str:
    return wanted[0].dataset if len(wanted) == 1 else ""


def _note(
    report: Report,
    runs: Sequence[DatasetRun],
    whole: WholeManifest,
    adapters: Adapters,
    now: datetime,
    command: str = "run",
) -> None:
    note = CycleNote(now, adapters.clock(), command, report.exit_code, report.summary)
    try:
        adapters.ledger.put_pauses(adapters.portal.url, whole.pauses(now), now)
        adapters.ledger.put_cycle(note, runs)
    except LedgerError as error:  # what was done is reported all the same
        log.warning("run.not_noted", why=str(error))


def _with_unclaimed(
    report: Report,
    seen: Listing,
    wanted: Sequence[DatasetEntry],
    whole: WholeManifest,
    adapters: Adapters,
) -> Report:
    """With the new objects that no target claims, which the ledger has from then on."""
    ledger, portal = adapters.ledger, adapters.portal.url
    try:
        known, watched = ledger.unclaimed(portal), ledger.watched(portal, _alone(wanted))
        found = changes(known, watched, seen, wanted, whole, report.renames, portal)
        if found:
            ledger.put_unclaimed(portal, found.found, found.ended, found.watched)
    except LedgerError as error:
        log.warning("unclaimed.not_noted", why=str(error))
        return report
    for one in found.found:
        facts = one.reason.facts
        near, write = facts["near"], facts.get("write", "")
        log.warning("object.unclaimed", source=one.source, key=one.key, near=near, write=write)
    return replace(report, unclaimed=found.open)


def _left_alone(
    wanted: Sequence[DatasetEntry], adapters: Adapters, now: datetime
) -> tuple[LeftAlone, ...]:
    """What is paused among what was asked for, each with its reason and since when."""
    ledger, portal = adapters.ledger, adapters.portal.url
    found = WholeManifest(wanted).pauses(now)
    if not found:
        return ()
    known = {(one.dataset, one.item, one.reason): one.since for one in ledger.pauses(portal)}
    names = {entry.dataset: entry.name for entry in wanted}
    told = []
    for one in found:
        dataset = ledger.address(portal, one.dataset) or one.dataset
        note = ledger.note(portal, dataset)
        title, page = (note.title, note.page) if note else (names[one.dataset], "")
        since = known.get((one.dataset, one.item, one.reason))
        told.append(LeftAlone(dataset, title, page, one.item, pause_reason(one.reason, since)))
    return tuple(told)


def _noted(
    entry: DatasetEntry, begun: datetime, results: Sequence[Result], adapters: Adapters
) -> DatasetRun:
    code = Report(tuple(results)).exit_code
    return DatasetRun(
        portal=adapters.portal.url,
        dataset=entry.dataset,
        started_at=begun,
        ended_at=adapters.clock(),
        exit_code=code,
        succeeded_at=None if code == FAILED else begun,
    )


def _log_done(
    results: Sequence[Result], begun: datetime, adapters: Adapters, event: str = "cycle.done"
) -> None:
    """The canonical line of a cycle."""
    report = Report(tuple(results))
    seconds = (adapters.clock() - begun).total_seconds()
    sent = {Outcome.REPLACED, Outcome.CREATED}
    log.info(
        event,
        outcomes=report.summary,
        exit_code=report.exit_code,
        seconds=round(seconds, 3),
        published_bytes=sum(r.size or 0 for r in results if r.outcome in sent),
    )


def _log_idle(results: Sequence[Result], begun: datetime, adapters: Adapters) -> None:
    """One line for all datasets of a round that had nothing to say."""
    datasets = list(dict.fromkeys(result.dataset for result in results))
    log.info(
        "cycle.idle",
        datasets=len(datasets),
        among=datasets[:NAMED],
        outcomes=Report(tuple(results)).summary,
        seconds=round((adapters.clock() - begun).total_seconds(), 3),
    )


def _nothing_named(wanted: Sequence[DatasetEntry], only: str) -> UsageError:
    for entry in wanted:
        for target in entry.targets:
            if target.paused and composed(only) in {target.resource, composed(target.selector)}:
                return UsageError("target_paused", given=only, why=target.paused)
    return UsageError("no_such_target", given=only)
