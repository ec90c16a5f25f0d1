"""Who acts: the history names a person, and nobody is guessed."""

from __future__ import annotations

import sys

import click

from syncd.config.settings import Settings
from syncd.core.errors import UsageError
from syncd.text import text


def who(given: str | None, settings: Settings) -> str:
    """`--by`, else SYNCD_BY, else the answer on a terminal; without one, `UsageError`."""
    name = (given or settings.by or "").strip()
    if not name and sys.stdin.isatty():
        name = str(click.prompt(text("ask_by"), prompt_suffix=" ", err=True)).strip()
    if not name:
        raise UsageError("by_missing")
    return name
