"""`syncd check [--online [--notify-test]]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from syncd import bootstrap
from syncd.actions.check import check_online
from syncd.actions.exposure import exposures
from syncd.actions.notify_test import try_addresses
from syncd.cli import session
from syncd.cli.output.counts import counted
from syncd.cli.output.json_documents import preflight_document, problem_document, put
from syncd.cli.output.screen import Screen
from syncd.config import configuration
from syncd.core import clock
from syncd.core.errors import ConfigError, UsageError
from syncd.core.preflight import Check, Grade, Preflight
from syncd.core.reasons import Reason
from syncd.core.results import CONFIG, OK
from syncd.service.notifications import mailer
from syncd.text import sentence, text


def run(*, online: bool, notified: str | None, patience: float | None, as_json: bool) -> int:
    """`notified`: who gets a test message, "operators" or the "contacts" as well; None: nobody."""
    if notified and not online:
        raise UsageError("notify_test_alone")
    try:
        started = session.begin(anew=True)  # whoever asks whether it is right means the file
    except ConfigError as error:
        if not as_json:
            raise
        problems = [problem_document(one) for one in error.shown]
        put({"problems": problems, "warnings": [], "online": None})
        return CONFIG
    if started.settings.web:
        from syncd.web.starting import must_be_safe  # as `run`, which would not start

        must_be_safe(started.settings)
    warnings = exposures(started)
    preflight = None
    if online:
        with session.world(started, read_only=True, patience=patience) as adapters:
            preflight = check_online(started, adapters, clock.now(), bootstrap.event_queue)
    if preflight is not None and notified:
        tried = try_addresses(
            mailer(started.settings),
            started.manifest.datasets,
            contacts=notified == "contacts",
        )
        preflight = replace(preflight, checks=(*preflight.checks, *tried))
    if as_json:
        told = preflight_document(preflight) if preflight else None
        put({"problems": [], "warnings": [sentence(one) for one in warnings], "online": told})
    else:
        _show(started, warnings, preflight)
    return preflight.exit_code if preflight else OK


def _show(
    started: configuration.App, warnings: Sequence[Reason], preflight: Preflight | None
) -> None:
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
    for said in counted(datasets):
        screen.say(said)
    screen.checks(Check("exposure", "", Grade.WARNING, one) for one in warnings)
    if preflight is None:
        return
    screen.checks(preflight.checks)
    if preflight.plan is None:
        screen.say(text("check_skipped"))
        return
    screen.plan(preflight.plan, shown=preflight.said)
    if preflight.exit_code == OK:
        screen.say(text("check_online_ok"))
