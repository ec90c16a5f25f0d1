"""Full values of the ledger, with no field at its default."""

from __future__ import annotations

from datetime import timedelta

from syncd.core.ledger_ports import Ledger
from syncd.core.reasons import because
from syncd.core.records import (
    Act,
    Cause,
    Edit,
    Intent,
    IntentState,
    Kept,
    Outcome,
    Pin,
    Publication,
    Release,
    Row,
)
from tests.support.builders import (
    BINDING,
    DATASET,
    NOW,
    PORTAL,
    digest,
    intent,
    judged,
    row,
    version,
)


def rows(ledger: Ledger) -> tuple[Row, ...]:
    return ledger.rows(PORTAL, DATASET)


def intents(ledger: Ledger) -> tuple[Intent, ...]:
    return ledger.intents(PORTAL, DATASET)


# -- what goes in comes out ----------------------------------------------------------------------

FULL_ROW = row(
    judged("judged", version("é/à lire.csv", '"e-1"', 10**13, age=3)),
    judged("published", version("b.csv", "", 0)),
    title="Titre « à soi »",
    state=Outcome.HELD,
    reason=because("guard_shrink", size=10**13, online=2, lost=0.5, limit=None),
    version_id="v1",
    published_at=NOW + timedelta(microseconds=1),
    pin=Pin(judged("bad", version("é.csv", '"e"', 7)), "undo", "Léa", "tronqué", NOW, "1:bad"),
    release=Release(digest("judged"), "Léa", "vu avec le service", NOW),
    judged_content="1:judged",
    published_content="1:published",
    written_title="Titre « à soi »",
    file_url=f"{PORTAL}/files/20260101-120000/musees.csv",
    address="https://open.example.fr/mus%C3%A9es.csv",
    restored=NOW - timedelta(days=1),
)
FULL_INTENT = intent(
    sent_at=NOW,
    state=IntentState.EXPIRED,
    settle_from=NOW + timedelta(microseconds=5),
    answered_sha1=digest("answer").sha1,
    before=("b", "a"),
    version_id="v1",
    cause=Cause("push", "Léa", "à la main", "f" * 64),
    findings=(because("guard_shrink", size=1, lost=0.5, limit=None), because("guard_empty")),
    profile={"columns": ["id", "nom"], "rows": 10**13},
    pin=Pin(judged("bad"), "push", "Léa", "", NOW),
    lifted=(because("guard_empty"),),
    loosened={"html": "off", "shrink": "80%"},
    written_title="Titre « à soi »",
    address="https://open.example.fr/mus%C3%A9es.csv",
    edited={
        "description": Edit((None, "avant"), "après"),
        "extras.note": Edit(({"a": [1]},), None),
    },
)
FULL_PUBLICATION = Publication(
    id=1,
    binding=BINDING,
    judged=judged("published", version("é/à lire.csv", '"e-1"', 10**13, age=3)),
    title="Titre « à soi »",
    link="https://portal.example/r/1",
    act=Act.REPLACED,
    cause=Cause("release", "Léa", "vu", "f" * 64),
    begun_at=NOW,
    answered_at=NOW + timedelta(seconds=1),
    titled_at=NOW + timedelta(seconds=2),
    version_id="v1",
    findings=(because("guard_shrink", size=1, lost=0.5, limit=None),),
    profile=["anything", {"that": 1.5}],
    receipt={"checks": ["portal_sha1"], "answer": {"size": 3}},
    kept=Kept.ARCHIVE,
    lifted=(because("guard_shrink", size=1, lost=0.5, limit=None),),
    loosened={"html": "off", "shrink": "80%"},
)
