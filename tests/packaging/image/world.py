"""What a container of syncd meets: a portal, an S3 server, a manifest and secrets in folders."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from syncd.simulator import Simulator
from syncd.simulator.s3 import SeaweedFS

BUCKET = "depot"
UID = 10001  # of the image
LARGE = 256 * 1024 * 1024  # bytes; more than the memory of the container that publishes it
_ACCESS_KEY, _SECRET_KEY = "image-test", "image-test-secret-key"
_TITLES = {"musees.csv": "Liste des musées", "gros.csv": "Un gros fichier"}


@dataclass
class Folders:
    """What is mounted into a container."""

    manifest: Path
    secrets: Path

    @property
    def options(self) -> list[str]:
        return [f"--volume={self.manifest}:/config:ro", f"--volume={self.secrets}:/run/secrets:ro"]


def folders(home: Path, manifest: str, secrets: Mapping[str, str]) -> Folders:
    """As the documentation says: secrets are files of the image's user, that no other reads."""
    made = Folders(home / "config", home / "secrets")
    made.manifest.mkdir(parents=True)
    made.secrets.mkdir()
    (made.manifest / "manifest.yaml").write_text(manifest, encoding="utf-8")
    for name, value in secrets.items():
        file = made.secrets / name
        file.write_text(value, encoding="utf-8")
        os.chown(file, UID, UID)
        file.chmod(0o400)
    return made


def out_of_reach(home: Path) -> Folders:
    """A sound manifest of servers that nobody can reach."""
    return folders(
        home,
        _manifest("https://portal.invalid", "https://s3.invalid", "5d2c4f6e8b4c4110c5a1b2c3")
        + "      - {resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975, object: musees.csv}\n",
        {
            "SYNCD_API_KEY": "a-key",
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": "a-key",
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": "a-secret",
        },
    )


@dataclass
class Runtime:
    simulator: Simulator
    folders: Folders
    dataset: str
    resources: Mapping[str, str]  # object -> resource
    sha1: Mapping[str, str]  # by object, of the bytes in the bucket
    port: int  # a free one
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False))

    def online(self) -> dict[str, dict[str, Any]]:
        """The dataset's resources, by title."""
        answer = self._http.get(f"{self.simulator.url}/api/1/datasets/{self.dataset}/")
        return {one["title"]: one for one in answer.raise_for_status().json()["resources"]}

    def is_published(self, key: str, title: str) -> bool:
        """Under its title, at its permanent link, with the bytes of the bucket."""
        found = self.online().get(title)
        if found is None or found["checksum"]["value"] != self.sha1[key]:
            return False
        answer = self._http.get(found["latest"], follow_redirects=True)
        return hashlib.sha1(answer.content).hexdigest() == self.sha1[key]

    def uploads(self) -> int:
        """Files that were sent, in one request or in parts."""
        return sum(not asked.is_part for asked in self.simulator.journal.uploads())

    def metrics(self) -> str:
        return self._http.get(f"http://127.0.0.1:{self.port}/metrics").raise_for_status().text


TITLES = {**_TITLES, "festivals/festivals_2025.csv": "Festivals 2025"}


@contextmanager
def world(home: Path, large: int = LARGE) -> Iterator[Runtime]:
    """`large`: bytes of the largest file."""
    with (
        Simulator(home / "portal") as simulator,
        SeaweedFS(home / "s3", _ACCESS_KEY, _SECRET_KEY) as weed,
    ):
        objects = {
            "musees.csv": "id,nom\n1,Musée du Louvre\n2,Musée Fabre\n".encode(),
            "gros.csv": (b"0123456789abcde\n" * 65536) * (large // 1024 // 1024),
            "festivals/festivals_2025.csv": b"nom,annee\nAvignon,2025\n",
        }
        client = weed.client()
        client.create_bucket(Bucket=BUCKET)
        for key, content in objects.items():
            client.put_object(Bucket=BUCKET, Key=key, Body=content)
        dataset = simulator.new_dataset("Musées")
        # Of the same columns, as a first mapping is compared with what is online.
        former = {
            key: b"".join(content[:64].splitlines(keepends=True)[:2])
            for key, content in objects.items()
        }
        resources = {
            key: simulator.new_resource(dataset, f"ancien-{key}", former[key], title=title)
            for key, title in _TITLES.items()
        }
        simulator.journal.clear()
        manifest = _manifest(simulator.url, weed.endpoint, dataset)
        for key, resource in resources.items():
            manifest += f"      - {{resource: {resource}, object: {key}}}\n"
        manifest += "      - each: festivals/festivals_{annee:yyyy}.csv\n"
        manifest += '        title: "Festivals {annee}"\n        create: true\n'
        secrets = {
            "SYNCD_API_KEY": simulator.keys["editor"],
            "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID": _ACCESS_KEY,
            "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY": _SECRET_KEY,
        }
        yield Runtime(
            simulator,
            folders(home / "mounted", manifest, secrets),
            dataset,
            resources,
            {key: hashlib.sha1(content).hexdigest() for key, content in objects.items()},
            _free_port(),
        )


def _manifest(portal: str, endpoint: str, dataset: str) -> str:
    return (
        f"version: 1\nportal: {portal}\n"
        f"sources:\n  depot: {{endpoint: '{endpoint}', bucket: {BUCKET}, addressing: path}}\n"
        f"defaults: {{source: depot, schedule: {{every: 15m}}}}\n"
        f"datasets:\n  - dataset: {dataset}\n    resources:\n"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
