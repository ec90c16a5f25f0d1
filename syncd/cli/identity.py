"""Who acts: the history names a person, and nobody is guessed."""

from __future__ import annotations

import sys

import click

from syncd.config.settings import Settings
from syncd.core.errors import UsageError
from syncd.core.unseen import as_shown
from syncd.text import text


def who(given: str | None, settings: Settings, *, needed: bool = True) -> str:
    """`--by`, else SYNCD_BY, else the answer on a terminal; without one, `UsageError`.

    Not `needed`: nobody is asked, and "" is an answer.
    """
    name = as_shown(given or settings.by or "")
    if not name and needed and sys.stdin.isatty():
        name = as_shown(str(click.prompt(text("ask_by"), prompt_suffix=" ", err=True)))
    if not name and needed:
        raise UsageError("by_missing")
    return name
