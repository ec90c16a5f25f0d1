"""`datagouv-client`, the portal's own Python client, in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.contest import say
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.machine import package
from benchmarks.publication import KEY, Job
from benchmarks.servers import BUCKET

VERSION = "0.5.1"

# As its documentation has it, with the download that its users write before it.
SCRIPT = """
import sys, boto3
from datagouv import Client
endpoint, access, secret, bucket, object_key, file, url, key, dataset, resource = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  aws_access_key_id=access, aws_secret_access_key=secret)
s3.download_file(bucket, object_key, file)
client = Client("demo", api_key=key, verbose=False)
client.base_url = url
client.resource(resource, dataset_id=dataset).update({}, file_to_upload=file, timeout=600)
"""


def publish(one: Job) -> Cost:
    python = str(environment())
    bucket = [one.s3.endpoint, one.s3.access_key, one.s3.secret_key, BUCKET, KEY]
    portal = [one.portal.url, one.key, one.dataset, one.resource]
    return cost_of([python, "-c", SCRIPT, *bucket, str(one.folder / KEY), *portal])


@cache
def environment() -> Path:
    """Its Python; the environment is made on first use."""
    wanted = [f"datagouv-client=={VERSION}", f"boto3=={package('boto3')}"]
    named = "-".join(wanted).replace("==", "-")
    base = os.environ.get("SYNCD_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    home = Path(base or Path.home() / ".cache") / "syncd-bench" / named
    python = home / "bin" / "python"
    if not (home / "built").exists():
        say(f"installing {' and '.join(wanted)} in {home}")
        shutil.rmtree(home, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(home)])
        _run([str(python), "-m", "pip", "install", "--quiet", *wanted])
        (home / "built").touch()
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{command[0]}: {said[-1] if said else done.returncode}")
