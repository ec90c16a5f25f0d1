"""`syncd check [--online]`."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions.check import check_online
from syncd.cli import session
from syncd.cli.output.json_documents import preflight_document, problem_document, put
from syncd.cli.output.progress import progress
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import ConfigError
from syncd.core.preflight import Preflight
from syncd.core.results import CONFIG, OK
from syncd.text import text


def run(*, online: bool, as_json: bool) -> int:
    try:
        started = session.begin()
    except ConfigError as error:
        if not as_json:
            raise
        put({"problems": [problem_document(one) for one in error.shown], "online": None})
        return CONFIG
    preflight = None
    if online:
        with bootstrap.adapters(started, progress(), read_only=True) as adapters:
            preflight = check_online(started, adapters, clock.now())
    if as_json:
        put({"problems": [], "online": preflight_document(preflight) if preflight else None})
    else:
        _show(started, preflight)
    return preflight.exit_code if preflight else OK


def _show(started: configuration.App, preflight: Preflight | None) -> None:
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
    if preflight is None:
        return
    screen.checks(preflight.checks)
    if preflight.plan is None:
        screen.say(text("check_skipped"))
        return
    screen.plan(preflight.plan, shown=[check.reason for check in preflight.checks])
    if preflight.exit_code == OK:
        screen.say(text("check_online_ok"))
