"""`python -m tests.support.old_state.make FOLDER`, with the old `syncd` on the PATH: see README.md.

Every command is the old one's; the portal, the bucket and the hands of the people are ours.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.cli_harness import PATIENCE, Running
from tests.support.network.listener import Listener
from tests.support.old_state import as_text
from tests.support.old_state.world import BUCKET, DEPOT, PORTAL, World
from tests.support.s3_servers import running_moto

FIRST = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # when the first deposit was made
LARGE = 600_000  # lines of two bytes: two parts of the smallest size, and a bit
# A row while the service has yet to look at a dataset, or something to tell.
WORKING = """
    SELECT 1 WHERE (SELECT count(*) FROM runs) < 4
    OR EXISTS (SELECT 1 FROM alerts WHERE told_at IS NULL)
"""
SHOWN = ("status", "history", "holds", "plan")


def rows(number: int, of: str = "1") -> bytes:
    return b"nom\n" + f"{of}\n".encode() * number


class Making:
    """One step after the other, as the months went by."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._deposits = 0
        simulator = world.simulator
        self.main = simulator.new_dataset("Musées et festivals", description="Le jeu principal.")
        self.large = simulator.new_dataset("Fichiers en parts")
        self.lost = simulator.new_dataset("Réponse perdue")
        self.made = simulator.new_dataset("Ressources créées")
        self.by_hand = simulator.new_dataset("Sans dépôt")
        # By the name of what they are for.
        self.ids = {
            "main dataset": self.main,
            "large dataset": self.large,
            "lost dataset": self.lost,
            "made dataset": self.made,
        }

    def person(self, name: str, title: str, content: bytes, dataset: str = "") -> None:
        """A resource as a person left it."""
        self.ids[name] = self.world.simulator.new_resource(
            dataset or self.main,
            f"avant-{name}.csv",
            content,
            title=title,
            description=f"À propos de : {title}",
            type="update",
            extras={"note": "à garder"},
        )

    def deposit(self, key: str, content: bytes) -> None:
        self.world.put(key, content, FIRST + timedelta(days=self._deposits))
        self._deposits += 1

    def expect(self, code: int, *arguments: str) -> None:
        done = self.world.run(*arguments)
        if done.code != code:
            raise SystemExit(f"{arguments}: {done.code}\n{done.all}")

    def manifest(self) -> str:
        ids = self.ids
        return f"""\
version: 1
portal: {PORTAL}
sources:
  depot: {{endpoint: "{DEPOT}", bucket: {BUCKET}, addressing: path, use_proxy: true}}
defaults:
  source: depot
  schedule: {{every: 1d}}
  guards: {{brake: off}}  # many targets are new at once
datasets:
  - dataset: musees-et-festivals
    name: Musées et festivals
    resources:
      - {{resource: {ids["liste"]}, object: liste.csv}}
      - {{resource: {ids["export"]}, newest: "exports/export_*.csv", by: name}}
      - each: "festivals/festivals_{{annee:yyyy}}.csv"
        title: "Festivals {{annee}}"
        create: true
        known: {{2023: {ids["festivals"]}}}
      - {{resource: {ids["ecoles"]}, object: ecoles.csv}}
      - {{resource: {ids["budget"]}, object: budget.csv}}
      - {{resource: {ids["sondage"]}, object: sondage.csv}}
      - {{resource: {ids["agenda"]}, object: agenda.csv}}
      - {{resource: {ids["elus"]}, object: elus.csv}}
      - {{resource: {ids["travaux"]}, object: travaux.csv, paused: Reprise en janvier}}
      - {{resource: {ids["absent"]}, object: absent.csv}}
      - {{resource: {ids["derive"]}, object: derive.csv}}
      - {{resource: {ids["conflit"]}, object: conflit.csv}}
      - {{resource: {ids["retard"]}, object: retard.csv, expect: {{every: 1d}}}}
  - dataset: {self.large}
    resources:
      - {{resource: {ids["gros"]}, object: gros.csv}}
  - dataset: {self.lost}
    resources:
      - {{resource: {ids["perdu"]}, object: perdu.csv}}
  - dataset: {self.made}
    resources:
      - each: "recensement/recensement_{{annee:yyyy}}.csv"
        title: "Recensement {{annee}}"
        create: true
"""

    # -- what happened ------------------------------------------------------------------------

    def first_deposits(self) -> None:
        for name, title in (
            ("liste", "Liste des musées"),
            ("export", "Exports du mois"),
            ("festivals", "Festivals de 2023"),
            ("agenda", "Agenda culturel"),
            ("travaux", "Travaux en cours"),
            ("absent", "Objet absent"),
        ):
            self.person(name, title, rows(40, "0"))
        for name, title in (
            ("ecoles", "Écoles à la rentrée"),
            ("budget", "Budget de la ville"),
            ("sondage", "Sondage annuel"),
            ("elus", "Élus de la ville"),
            ("retard", "Jamais à l'heure"),
            ("derive", "Remplacé à la main"),
            ("conflit", "Remplacé des deux côtés"),
        ):
            self.person(name, title, rows(50, name))  # the same as in the bucket: adopted
            self.deposit(f"{name}.csv", rows(50, name))
        self.person("gros", "Gros fichier", rows(50, "0"), self.large)
        self.person("perdu", "Réponse perdue", rows(50, "0"), self.lost)
        self.person("main", "Sans dépôt", rows(50, "0"), self.by_hand)
        for name in ("liste", "agenda", "travaux"):
            self.deposit(f"{name}.csv", rows(50, name))
        self.deposit("exports/export_2026-02.csv", rows(50, "fevrier"))
        for year in (2023, 2024):
            self.deposit(f"festivals/festivals_{year}.csv", rows(50, str(year)))
        self.deposit("gros.csv", rows(50))
        self.deposit("perdu.csv", rows(50, "perdu"))
        self.deposit("recensement/recensement_2023.csv", rows(50, "2023"))
        self.world.manifest.write_text(self.manifest(), encoding="utf-8")
        self.expect(3, "sync", "--json")

    def later_deposits(self) -> None:
        for name in ("liste", "agenda"):
            self.deposit(f"{name}.csv", rows(60, f"{name} bis"))
        for name in ("ecoles", "budget", "sondage"):
            self.deposit(f"{name}.csv", rows(5, f"{name} coupé"))
        self.deposit("exports/export_2026-03.csv", rows(55, "mars"))
        self.deposit("conflit.csv", rows(60, "conflit bis"))
        for name in ("derive", "conflit"):
            self.world.simulator.store.replace_file(
                self.main, self.ids[name], f"{name}-a-la-main.csv", rows(60, "main")
            )
        self.expect(3, "sync", "--json")
        self.deposit("liste.csv", rows(70, "liste ter"))
        self.expect(3, "sync", "--json")

    def decisions_of_people(self) -> None:
        lea = ("--by", "Léa Martin", "--note", "vu avec le service")
        self.expect(0, "release", "budget.csv", *lea)
        self.expect(0, "undo", "agenda.csv", "--by", "Paul Petit", "--note", "fichier tronqué")
        pushed = self.world.folder / "elus-corriges.csv"
        pushed.write_bytes(rows(45, "élus corrigés"))
        self.expect(0, "push", str(pushed), "--resource", self.ids["elus"], *lea)
        self.expect(0, "push", str(pushed), "--resource", self.ids["main"], *lea)
        # A permission that could not be used: the portal took no file just then.
        self.world.simulator.faults.add(method="POST", path="/upload/$", status=400, body="{}")
        self.expect(3, "release", "sondage.csv", *lea)
        self.world.simulator.faults.clear()

    def messages(self) -> None:
        """The service ran, and told all there was to tell."""
        with Listener() as listener:
            address = f"json://{listener.place}/ops"
            with self.world.running("run", SYNCD_NOTIFY_URLS=address) as running:
                running.wait_for("notify.sent")
                while self.world.ledger(WORKING):
                    with suppress(subprocess.TimeoutExpired):
                        raise RuntimeError(f"it ended with {running.process.wait(0.1)}")
                running.process.terminate()
                running.finish()

    def killed_uploads(self) -> None:
        self.deposit("gros.csv", rows(LARGE))
        self.deposit("perdu.csv", rows(60, "perdu bis"))
        self.deposit("recensement/recensement_2024.csv", rows(50, "2024"))
        parts = self.world.folder / "portal" / "parts"
        self._killed(self.large, after=1)  # with both parts there, before they are put together
        if sum(path.is_file() for path in parts.rglob("*")) != 2:
            raise SystemExit("not all parts arrived before the kill")
        self._killed(self.lost)  # with the file online, before the answer
        self._killed(self.made)

    def _killed(self, dataset: str, after: int = 0) -> None:
        there, gate = threading.Event(), threading.Event()

        def hold() -> None:
            there.set()
            gate.wait(PATIENCE)

        self.world.simulator.faults.add(
            method="POST", path=f"{dataset}.*/upload/$", after=after, hook=hold
        )
        running: Running
        with self.world.running("sync", "--dataset", dataset) as running:
            if not there.wait(PATIENCE):
                raise SystemExit("no upload")
            running.kill()
        gate.set()
        self.world.simulator.faults.clear()


def keep(making: Making, kept: Path) -> None:
    """Write all of it to `kept`, as text, without a word about this machine."""
    world = making.world
    codes = {}
    for command in SHOWN:
        done = world.run(command, "--json")
        codes[command] = done.code
        as_text.write(kept / f"{command}.json", done.document)
    as_text.write(kept / "codes.json", codes)
    as_text.write(kept / "ids.json", making.ids)
    as_text.write(kept / "bucket.json", world.objects())
    shutil.copy(world.manifest, kept / "manifest.yaml")
    with closing(sqlite3.connect(world.state / "ledger.sqlite")) as ledger:
        lines = "\n".join(ledger.iterdump()) + "\n"
    (kept / "ledger.sql").write_text(_nameless(lines, world), encoding="utf-8")
    files = as_text.of_folder(world.state, but="ledger.sqlite")
    files = json.loads(_nameless(json.dumps(files, ensure_ascii=False), world))
    as_text.write(kept / "state_files.json", files)
    files = as_text.of_folder(world.folder / "portal", but="portal.json")
    as_text.write(kept / "portal_files.json", files)
    portal = json.loads((world.folder / "portal" / "portal.json").read_text(encoding="utf-8"))
    portal["secret"] = "of the simulator"
    for token in portal["tokens"]:
        token["secret"] = f"udata_{token['person']}"
    as_text.write(kept / "portal.json", portal)


def _nameless(text: str, world: World) -> str:
    return text.replace(str(world.folder), "/srv/syncd").replace(socket.gethostname(), "machine")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.old_state.make")
    parser.add_argument("kept", type=Path, help="where to write it")
    kept = parser.parse_args().kept
    kept.mkdir(parents=True, exist_ok=True)
    program = shutil.which("syncd")
    if program is None:
        parser.error("no syncd on the PATH")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_moto() as s3,
        World(Path(folder), s3, Path(program)) as world,
    ):
        making = Making(world)
        making.first_deposits()
        making.later_deposits()
        making.decisions_of_people()
        making.messages()
        making.killed_uploads()
        keep(making, kept)


if __name__ == "__main__":
    main()
