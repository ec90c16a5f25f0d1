"""What `status`, `holds` and `history` may not load: their time goes into little else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncd.adapters.ledger import SqlLedger
from syncd.config.manifest import load
from syncd.config.manifest.remembered import remember
from tests.support.manifest_builders import ONE_TARGET

# Top-level packages, and modules of ours, with why a look at the ledger has no need of them.
_NOT_LOADED = {
    "alembic": "the ledger is today's, or an empty one in memory",
    "apprise": "nobody is told",
    "arro3": "no file is looked into",
    "boto3": "no bucket is asked",
    "botocore": "no bucket is asked",
    "httpx": "no portal is asked",
    "openpyxl": "no file is looked into",
    "prometheus_client": "nothing is measured",
    "rapidfuzz": "no name is compared",
    "ruamel.yaml": "the manifest has no mistake to explain",
    "sqlalchemy": "SQLite's file is read by SQLite alone",
    "starlette": "nothing is served",
    "stdnum": "only the limited process sees numbers of persons",
    "structlog": "nothing is logged; with it come rich's pretty tracebacks",
    "syncd.actions.file_diff": "no file is looked into",
    "syncd.actions.obtaining": "no file is fetched",
    "syncd.actions.undo": "nothing is undone",
    "syncd.cli.output.progress": "nothing is transferred",
    "syncd.config.manifest.models": "the manifest was read before",
    "syncd.core.ports": "nothing is asked but the ledger",
    "syncd.guards": "no file is judged",
    "syncd.notify.apprise_client": "nobody is told",
    "syncd.service.manifest_store": "a sound manifest needs no former one",
    "syncd.sync.engine": "no pass is made",
    "syncd.sync.prepare": "no pass is made",
    "syncd.telemetry.events": "nothing is logged",
    "uvicorn": "nothing is served",
    "yaml": "the manifest was read before",
}
# What a manifest that no sync has read brings with it.
_OF_A_NEW_MANIFEST = {"syncd.config.manifest.models", "syncd.guards", "yaml"}


@pytest.mark.parametrize("is_new", [False, True], ids=["as sync leaves it", "no ledger yet"])
@pytest.mark.parametrize("command", ["status", "status --json", "holds", "history"])
def test_a_look_loads_only_what_it_needs(tmp_path: Path, command: str, is_new: bool) -> None:
    manifest, state = tmp_path / "manifest.yaml", tmp_path / "state"
    manifest.write_text(ONE_TARGET, encoding="utf-8")
    if not is_new:
        SqlLedger(None, state).close()
        remember(load(manifest), state)

    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "syncd", *command.split()],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "SYNCD_MANIFEST": "manifest.yaml",
            "SYNCD_STATE_DIR": "state",
        },
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    loaded = {line.rpartition("|")[2].strip() for line in lines}
    assert "syncd.adapters.ledger.view" in loaded  # else nothing was looked at
    found = {name: why for name, why in _NOT_LOADED.items() if name in loaded}
    assert found.keys() - (_OF_A_NEW_MANIFEST if is_new else set()) == set(), found
