"""`syncd check [--online]`."""

from __future__ import annotations

import os
from pathlib import Path

from syncd import bootstrap
from syncd.actions import check
from syncd.actions import sync as runs
from syncd.actions.check import Preflight
from syncd.cli import session
from syncd.cli.output.json_documents import preflight_document, problem_document, put
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import ConfigError
from syncd.core.results import CONFIG, OK
from syncd.sync.context import RunOptions
from syncd.text import text

_MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere the file system is not known


def run(*, online: bool, as_json: bool) -> int:
    try:
        started = session.begin()
    except ConfigError as error:
        if not as_json:
            raise
        put({"problems": [problem_document(found) for found in error.problems], "online": None})
        return CONFIG
    found = _ask(started) if online else None
    if as_json:
        put({"problems": [], "online": preflight_document(found) if found else None})
    else:
        _show(started, found)
    return found.exit_code if found else OK


def _ask(started: configuration.App) -> Preflight:
    """What this machine, the buckets and the portal say of a cycle to come."""
    entries, state, now = started.manifest.datasets, started.settings.state_dir, clock.now()
    mounts = os.fsdecode(_MOUNTS.read_bytes()) if _MOUNTS.exists() else ""
    with bootstrap.adapters(started, progress(), read_only=True) as adapters:
        looked = check.look(entries, adapters, state, mounts, now)
        plan = None
        if looked.account is not None:
            plan = runs.plan(
                entries, entries, looked.adapters, RunOptions(fast=True, ask=True), now
            )
    disk = check.look_at_disk(state, plan, int(started.settings.spool_limit))
    return Preflight((*looked.checks, *disk), looked.account, plan)


def _show(started: configuration.App, found: Preflight | None) -> None:
    screen = Screen()
    datasets = started.manifest.datasets
    screen.say(
        text(
            "check_ok",
            file=str(started.settings.manifest),
            datasets=len(datasets),
            targets=sum(len(entry.targets) for entry in datasets),
        )
    )
    if found is None:
        return
    screen.checks(found.checks)
    if found.plan is None:
        screen.say(text("check_skipped"))
        return
    screen.plan(found.plan, told=[check.reason for check in found.checks])
    if found.exit_code == OK:
        screen.say(text("check_online_ok"))
