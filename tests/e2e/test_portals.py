"""One manifest, moved from one portal to another."""

from __future__ import annotations

import shutil
from pathlib import Path

from syncd.simulator import Simulator
from tests.support.cli_harness import Office
from tests.support.portal_servers import PortalServer
from tests.support.s3_servers import Bucket


def test_another_portal_with_the_same_ids_is_looked_at_anew(
    seaweed_bucket: Bucket, tmp_path: Path
) -> None:
    with (
        Simulator(tmp_path / "rehearsal") as rehearsal,
        PortalServer("simulator", rehearsal.facts()) as portal,
    ):
        office = Office(portal, seaweed_bucket, tmp_path, simulator=rehearsal)
        same = office.target("Pareil", "pareil.csv", b"id\n1\n")
        other = office.target("Autre", "autre.csv", b"id\n1\n")
        assert office.sync().outcomes == {"pareil.csv": "replaced", "autre.csv": "replaced"}
        shutil.copytree(rehearsal.state_dir, tmp_path / "production")
    with Simulator(tmp_path / "production") as production:
        assert production.keys == rehearsal.keys
        production.store.replace_file(office.dataset, other, "a la main.csv", b"9\n")
        production.store.retitle(office.dataset, other, "Titre de production")
        office.url = production.url
        production.journal.clear()

        plan = office.run("plan", "--json")
        done = office.sync()

        assert plan.actions == {"pareil.csv": "adopt", "autre.csv": "replace"}
        assert done.outcomes == {"pareil.csv": "adopted", "autre.csv": "replaced"}
        # Never heard of before: neither "drifted" nor "held", which would presume a past.
        assert "First publication by syncd" in done.reasons["autre.csv"]
        assert len(production.journal.uploads()) == 1
        assert production.store.content(office.dataset, other) == b"id\n1\n"
        assert production.store.snapshot(office.dataset, other).title == "Titre de production"
        assert production.store.content(office.dataset, same) == b"id\n1\n"
        production.journal.clear()
        assert office.sync().document["summary"] == {"unchanged": 2}
        assert production.requests == []
