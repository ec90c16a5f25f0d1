"""One of several processes that make every kind of write at once: `writing.py URL FOLDER ROUNDS`.

Prints what failed, one line each.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from syncd.adapters.ledger import SqlLedger
from syncd.core.errors import SyncdError
from syncd.core.history_records import Event, LineKind
from syncd.core.reasons import Reason
from syncd.core.records import Act, Cause, CycleNote, DatasetNote, Publication
from syncd.core.service_records import Alert, DatasetRun, Pause, ServiceNote, Unclaimed
from tests.support.builders import BINDING, DATASET, NOW, PORTAL, intent, judged, row

_KEYS = [f"{number}.csv" for number in range(12)]
_DATASETS = [f"d{number}" for number in range(8)]


def _writes(ledger: SqlLedger, chance: random.Random) -> list[Callable[[], object]]:
    def some(among: list[str]) -> list[str]:
        return chance.sample(among, 6)

    def at() -> timedelta:
        return timedelta(seconds=chance.randrange(1000))

    reason = Reason("x", {"n": chance.randrange(9)})
    rows = [
        row(judged(key), judged(key), binding=replace(BINDING, key=key, resource=f"r{key}"))
        for key in some(_KEYS)
    ]
    line = Publication(0, BINDING, judged("x"), "T", "", Act.REPLACED, Cause("run", "Léa"), NOW)
    event = Event(LineKind.RELEASED, NOW, PORTAL, key="k", by="Léa")
    text = chance.randbytes(8)
    manifest = Event(LineKind.MANIFEST, NOW, PORTAL, facts={"manifest": sha256(text).hexdigest()})
    alerts = [Alert(PORTAL, d, "", "held", reason, {}, NOW, None) for d in some(_DATASETS)]
    pauses = [Pause(d, "", f"{chance.random()}", NOW) for d in some(_DATASETS)]
    found = [Unclaimed(PORTAL, DATASET, "s", key, reason, NOW) for key in some(_KEYS)]
    begun = {(d, "s", "a"): NOW + at() for d in some(_DATASETS)}
    plans = {d: NOW + at() for d in some(_DATASETS)}
    runs = [DatasetRun(PORTAL, d, NOW, NOW, 0, NOW) for d in some(_DATASETS)]

    def upload() -> None:
        mine = ledger.begin(intent())
        ledger.amend(mine)
        ledger.finish(mine, rows[0], line)

    return [
        lambda: ledger.put(*rows),
        lambda: ledger.seen_again(PORTAL, [DATASET], NOW + at()),
        lambda: ledger.keep(rows[0], event),
        lambda: ledger.drop(rows[1].binding, event),
        lambda: ledger.record(line, rows[2]),
        upload,
        lambda: ledger.abandon(ledger.begin(intent())),
        lambda: ledger.put_note(DatasetNote(PORTAL, DATASET, "t", "p", NOW), addresses=some(_KEYS)),
        lambda: ledger.put_cycle(CycleNote(NOW, NOW, "run", 0, {"unchanged": 1}), runs),
        lambda: ledger.put_plans(PORTAL, plans),
        lambda: ledger.change_plans(PORTAL, plans, some(_DATASETS)),
        *(lambda d=d: ledger.ask(d, NOW) for d in some(_DATASETS)),  # type: ignore[misc]  # bound now
        lambda: ledger.put_alerts(alerts[:3], alerts[3:]),
        lambda: ledger.put_pauses(PORTAL, pauses, NOW),
        lambda: ledger.put_unclaimed(PORTAL, found[:4], found[4:], begun),
        lambda: ledger.put_service(ServiceNote(str(os.getpid()), NOW, {"pid": os.getpid()})),
        lambda: ledger.put_manifest(text, manifest),
        lambda: ledger.begin_reading("sha1", "a.csv", NOW),
        lambda: ledger.end_reading("sha1", "a.csv"),
        lambda: ledger.append(event),
        lambda: ledger.forget_name("Nobody", "", NOW),
        lambda: ledger.prune(NOW - timedelta(days=9)),
    ]


def main(url: str, folder: str, rounds: str) -> None:
    ledger = SqlLedger(url or None, Path(folder))
    sys.stdin.readline()  # all begin at once
    chance = random.Random(os.getpid())
    for _ in range(int(rounds)):
        writes = _writes(ledger, chance)
        chance.shuffle(writes)
        for write in writes:
            try:
                write()
            except SyncdError as error:
                print(repr(error), flush=True)  # noqa: T201 -- its answer
    ledger.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
