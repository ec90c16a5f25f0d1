"""`syncd health`: light, as it runs every minute."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from syncd.actions.health import health
from syncd.core.results import OK
from syncd.text import text


def run(environ: Mapping[str, str] = os.environ) -> int:
    """Say that it lives, and return 0. `SyncdError` (exit code 1) where it does not."""
    click.echo(text("health_ok", address=health(environ)))
    return OK
