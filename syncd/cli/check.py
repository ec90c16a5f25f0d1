"""`syncd check [--online]`."""

from __future__ import annotations

from syncd import app
from syncd import run as runs
from syncd.cli import session
from syncd.cli.bars import progress
from syncd.cli.documents import plan_document, problem_document, put
from syncd.cli.screen import Screen
from syncd.errors import ConfigError
from syncd.report import CONFIG, OK, Plan
from syncd.scene import Orders
from syncd.wording import text


def run(*, online: bool, as_json: bool) -> int:
    try:
        started = session.begin()
    except ConfigError as error:
        if not as_json:
            raise
        put({"problems": [problem_document(found) for found in error.problems], "online": None})
        return CONFIG
    account, plan = _ask(started) if online else (None, None)
    if as_json:
        told = {"account": account, **plan_document(plan)} if plan else None
        put({"problems": [], "online": told})
    else:
        _show(started, account, plan)
    return plan.exit_code if plan else OK


def _ask(started: app.App) -> tuple[str, Plan]:
    """Whose key it is, and what the buckets and the portal say of every target."""
    with app.edges(started, progress(), read_only=True) as edges:
        account = edges.portal.whoami().name
        entries = started.manifest.datasets
        return account, runs.plan(entries, entries, edges, Orders(fast=True, ask=True), app.now())


def _show(started: app.App, account: str | None, plan: Plan | None) -> None:
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
    if plan is None:
        return
    screen.say(text("check_account", name=account))
    screen.plan(plan)
    if plan.exit_code == OK:
        screen.say(text("check_online_ok"))
