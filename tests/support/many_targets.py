"""A state folder of a service with a thousand targets, ten of which need somebody."""

from __future__ import annotations

import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.adapters.ledger import SqlLedger
from syncd.core.objects import Digest, Fingerprint, KnownVersion
from syncd.core.reasons import Reason, because
from syncd.core.records import CycleNote, DatasetNote, Outcome, Row
from syncd.core.service_records import ServiceNote
from syncd.core.targets import Binding

PORTAL = "https://demo.data.gouv.fr"
PLACE = "https://s3.interne.example.fr/publication-opendata"
NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
DATASETS, EACH = 100, 10
_SUBJECTS = ("Musées", "Bibliothèques", "Marchés publics", "Qualité de l’air", "Cantines")
_PAGE = f"{PORTAL}/datasets/jeu-25"
_PLACES = ("Normandie", "Nouvelle-Aquitaine", "Bretagne", "Corse")
_DOWN = because("s3_timeout", endpoint="https://s3.interne.example.fr")
# Which target, for how many days, what, why.
TROUBLE: tuple[tuple[int, int, Outcome, Reason], ...] = (
    (3, 9, Outcome.HELD, because("guard_shrink", size=413, online=5210, lost=92, limit=50)),
    (17, 8, Outcome.MISSING, because("object_missing", key="d1/fichier-7.csv")),
    (128, 6, Outcome.HELD, because("guard_empty", key="d12/fichier-8.csv")),
    (256, 5, Outcome.REFUSED, because("dataset_archived", title="Musées de Corse", page=_PAGE)),
    (331, 4, Outcome.DRIFTED, because("drifted", title="Fichier 1 de 2026", size=12_345)),
    (404, 3, Outcome.HELD, because("guard_html", extension="csv")),
    (512, 2, Outcome.LATE, because("deposit_late", since="", every=86400, grace=21600)),
    (640, 1, Outcome.FAILED, _DOWN),
    (777, 1, Outcome.FAILED, _DOWN),
    (999, 0, Outcome.MISSING, because("object_missing", key="d99/fichier-9.csv")),
)


@dataclass(frozen=True, slots=True)
class House:
    manifest: Path
    state: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SYNCD_MANIFEST": str(self.manifest),
            "SYNCD_STATE_DIR": str(self.state),
            "SYNCD_API_KEY": "key",
            "SYNCD_LANG": "en",
        }


def thousand_targets(folder: Path, datasets: int = DATASETS) -> House:
    """Nothing of it was ever published: the ledger says that it was."""
    house = House(folder / "manifest.yaml", folder / "state")
    house.state.mkdir()
    troubles = {number: (days, state, reason) for number, days, state, reason in TROUBLE}
    lines, rows, notes = [_HEAD], [], []
    for number in range(datasets * EACH):
        dataset = f"{number // EACH:024x}"
        if number % EACH == 0:
            title = f"{_SUBJECTS[number // EACH % 5]} de {_PLACES[number // EACH % 4]}"
            page = f"{PORTAL}/datasets/jeu-{number // EACH}"
            notes.append(DatasetNote(PORTAL, dataset, title, page, NOW))
            lines.append(f"  - dataset: {dataset}\n    resources:\n")
        resource = resource_of(number)
        key = f"d{number // EACH}/fichier-{number % EACH}.csv"
        lines.append(f"      - {{resource: {resource}, object: {key}}}\n")
        binding = Binding(PORTAL, dataset, resource, PLACE, key)
        title = f"Fichier {number % EACH} de 2026"
        same = (0, Outcome.UNCHANGED, because("same_version", size=1000))
        rows.append(_row(binding, title, *troubles.get(number, same)))
    house.manifest.write_text("".join(lines), encoding="utf-8")
    with closing(SqlLedger(None, house.state)) as ledger:
        ledger.put(*rows)
        for note in notes:
            ledger.put_note(note)
        facts = {"pid": 4711, "host": "srv-od", "seen_at": NOW.isoformat()}
        ledger.put_service(ServiceNote("srv-od:4711", NOW - timedelta(days=12), facts))
        ledger.put_cycle(CycleNote(NOW, NOW + timedelta(seconds=90), "run", 3, {"unchanged": 990}))
    return house


def resource_of(number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, str(number)))


def _row(binding: Binding, title: str, days: int, state: Outcome, reason: Reason) -> Row:
    deposited = NOW - timedelta(days=days)
    if reason.code == "deposit_late":
        facts = {**reason.facts, "since": deposited.isoformat()}
        reason = Reason(reason.code, facts)
    seen = KnownVersion(binding.key, Fingerprint('"1"', 1000, deposited), Digest("0" * 40, 1000))
    return Row(
        binding=binding,
        title=title,
        link=f"{PORTAL}/fr/datasets/r/{binding.resource}",
        state=state,
        reason=reason,
        checked_at=deposited,
        judged=seen,
        published=seen,
        published_at=deposited,
    )


_HEAD = f"""version: 1
portal: {PORTAL}
timezone: Europe/Paris
sources:
  depot:
    endpoint: https://s3.interne.example.fr
    bucket: publication-opendata
defaults:
  source: depot
  schedule: {{every: 15m}}
datasets:
"""
