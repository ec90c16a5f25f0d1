"""A state as most offices have it: twenty files, two of which need a person.

syncd makes it itself, by a `sync`.
"""

from __future__ import annotations

from pathlib import Path

import httpx

from benchmarks import program, servers
from benchmarks.cost import cost_of
from benchmarks.servers import BUCKET
from syncd.simulator import Simulator

FILES = 20
EMPTY = "depot/fichier_00.csv"  # an empty file, which is held
ABSENT = "depot/fichier_01.csv"  # in the manifest, not in the bucket
_HELD = 3  # the exit code of `sync`


def made(folder: Path) -> dict[str, str]:
    """syncd's settings. Bucket and portal are gone afterwards: to look at it needs neither."""
    with (
        Simulator() as portal,
        servers.helper("benchmarks.made_up_bucket", "0", "0", "10") as bucket,
    ):
        endpoint = str(bucket.read())
        keys = [f"depot/fichier_{number:02}.csv" for number in range(FILES)]
        settings = dataset_of(folder, endpoint, portal, keys)
        with httpx.Client(trust_env=False) as client:
            for key in keys:
                if key != ABSENT:
                    body = b"" if key == EMPTY else b"numero;valeur\n1;a\n2;b\n"
                    client.put(f"{endpoint}/{BUCKET}/{key}", content=body).raise_for_status()
        cost_of(program.sync(), settings, code=_HELD)
        return settings


def dataset_of(folder: Path, endpoint: str, portal: Simulator, keys: list[str]) -> dict[str, str]:
    """syncd's settings for one new dataset, with a resource for each of these objects."""
    dataset = portal.new_dataset("Relevés")
    resources = []
    for number, key in enumerate(keys):
        # Another name than the object's: two uploads of one name within a second collide.
        resource = portal.new_resource(
            dataset, f"avant-{number}.csv", b"numero;valeur\n", title=f"Titre {number}"
        )
        resources.append({"resource": resource, "object": key})
    made = [{"dataset": dataset, "resources": resources}]
    return servers.settings(folder, endpoint, portal.url, portal.keys["editor"], made)
