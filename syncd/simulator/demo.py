"""The world of `syncd demo`: a real S3 server and the simulated portal, in one folder."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from syncd.core.errors import UsageError
from syncd.simulator.s3 import SeaweedFS
from syncd.simulator.server import Simulator

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "depot-opendata"
_ACCESS_KEY, _SECRET_KEY = "demo", "demo-secret-key"
_MARK = "syncd-demo.json"  # says that a folder is the demo's, and remembers its ports

# What the services dropped in the bucket.
_DEPOSITS: Mapping[str, bytes] = {
    "musees/liste_musees.csv": (
        "id,nom,ville\n1,Musée du Louvre,Paris\n2,Musée d'Orsay,Paris\n3,Musée Fabre,Montpellier\n"
    ).encode(),
    "musees/frequentation_2024.csv": b"musee,entrees\n1,8700000\n2,3750000\n3,250000\n",
    "musees/carte_musees.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": [2.3376, 48.8606]},
                    "properties": {"nom": "Musée du Louvre"},
                }
            ],
        },
        ensure_ascii=False,
    ).encode(),
    "expositions/expositions_2026-10.csv": b"titre,debut\nCaravage,2026-10-02\n",
    "expositions/expositions_2026-11.csv": (
        "titre,debut\nCaravage,2026-10-02\nMatisse en été,2026-11-14\n"
    ).encode(),
    **{
        f"festivals/festivals_{year}.csv": f"nom,annee\nAvignon,{year}\nAix,{year}\n".encode()
        for year in (2023, 2024, 2025)
    },
}
# What a person had put on the portal before, with titles of their own.
_RESOURCES = (
    ("liste_musees", "Liste des musées de France", "musees-2023.csv", b"id,nom\n1,Louvre\n"),
    ("frequentation", "Fréquentation des musées", "entrees.csv", b"musee,entrees\n1,7600000\n"),
    ("carte", "Carte des musées", "carte.geojson", b'{"type":"FeatureCollection","features":[]}'),
    ("expositions", "Expositions du mois", "expos.csv", b"titre,debut\n"),
)


class Demo:
    """Starts both servers when the `with` block is entered; keeps their data in `folder`."""

    def __init__(self, folder: Path, *, reset: bool) -> None:
        self._folder = folder.absolute()
        self._reset = reset
        self._open = ExitStack()
        self.endpoint = ""
        self.portal_url = ""
        self.manifest = self._folder / "manifest.yaml"
        self._simulator: Simulator | None = None
        self.deposit: Callable[[str, bytes], None] = _not_running

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            take(self._folder, reset=self._reset)
            known = json.loads((self._folder / _MARK).read_text(encoding="utf-8"))
            # The addresses of the last run where they are free: bindings carry them.
            simulator = Simulator(self._folder / "portal", port=_free(known.get("port", 0)))
            self._simulator = stack.enter_context(simulator)
            self.portal_url = simulator.url
            weed = stack.enter_context(SeaweedFS(self._folder / "s3", _ACCESS_KEY, _SECRET_KEY))
            self.endpoint = weed.endpoint
            ids = self._set_the_table(simulator, weed)
            self._write_manifest(ids)
            self.deposit = partial(_put, weed.client())
            simulator.journal.clear()
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a syncd for this world."""
        return {
            "SYNCD_MANIFEST": str(self.manifest),
            "SYNCD_STATE_DIR": str(self._folder / "state"),
            "SYNCD_API_KEY": self.portal.keys["editor"],
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": _ACCESS_KEY,
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": _SECRET_KEY,
            "SYNCD_LOG_LEVEL": "error",
        }

    @property
    def portal(self) -> Simulator:
        if self._simulator is None:
            raise RuntimeError("the demo is not running")
        return self._simulator

    def portal_requests(self) -> tuple[int, int]:
        """Requests, and uploads among them, since the demo was entered."""
        return len(self.portal.requests), len(self.portal.journal.uploads())

    def _set_the_table(self, simulator: Simulator, weed: SeaweedFS) -> dict[str, str]:
        """Fill bucket and portal the first time; afterwards leave both as they are."""
        mark = self._folder / _MARK
        known = json.loads(mark.read_text(encoding="utf-8"))
        if "ids" not in known:
            client = weed.client()
            if BUCKET not in {b["Name"] for b in client.list_buckets()["Buckets"]}:
                client.create_bucket(Bucket=BUCKET)
            for key, body in _DEPOSITS.items():
                _put(client, key, body)
            dataset = simulator.new_dataset(
                "Musées et festivals", description="Jeu de données de démonstration de syncd."
            )
            known["ids"] = {"dataset": dataset}
            for name, title, file_name, content in _RESOURCES:
                known["ids"][name] = simulator.new_resource(
                    dataset, file_name, content, title=title
                )
        known["port"] = int(self.portal_url.rpartition(":")[2])
        known["base"] = weed.base
        mark.write_text(json.dumps(known), encoding="utf-8")
        ids: dict[str, str] = known["ids"]
        return ids

    def _write_manifest(self, ids: Mapping[str, str]) -> None:
        self.manifest.write_text(
            f"""\
version: 1
portal: {self.portal_url}

sources:
  depot:
    endpoint: {self.endpoint}
    bucket: {BUCKET}
    addressing: path

defaults:
  source: depot

datasets:
  - dataset: {ids["dataset"]}
    name: Musées et festivals
    resources:
      - resource: {ids["liste_musees"]}   # Liste des musées de France
        object: musees/liste_musees.csv
      - resource: {ids["frequentation"]}   # Fréquentation des musées
        object: musees/frequentation_2024.csv
      - resource: {ids["carte"]}   # Carte des musées
        object: musees/carte_musees.geojson
      - resource: {ids["expositions"]}   # Expositions du mois
        newest: expositions/expositions_*.csv
        by: name
      - each: festivals/festivals_{{annee:yyyy}}.csv
        title: "Festivals {{annee}}"
        create: true
""",
            encoding="utf-8",
        )


def take(folder: Path, *, reset: bool) -> None:
    """Never work in, nor empty, a folder that is not the demo's own. `UsageError`"""
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise UsageError("demo_folder_not_ours", folder=str(folder))
    if reset and mark.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not mark.exists():
        mark.write_text("{}", encoding="utf-8")


def _put(client: S3Client, key: str, body: bytes) -> None:
    client.put_object(Bucket=BUCKET, Key=key, Body=body)


def _not_running(_: str, __: bytes) -> None:
    raise RuntimeError("the demo is not running")


def _free(port: int) -> int:
    """The port, or 0 (any) when something else has it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
        return int(probe.getsockname()[1])
