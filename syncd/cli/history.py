"""`syncd history [TARGET]`, `syncd history --manifest DIGEST`: from the ledger alone."""

from __future__ import annotations

import sys

import click

from syncd import bootstrap
from syncd.actions.history import history, manifest
from syncd.cli import session
from syncd.cli.output import history as output
from syncd.cli.output.json_documents import put
from syncd.core.errors import UsageError
from syncd.core.results import OK
from syncd.core.unseen import in_sight


def run(*, target: str | None, as_json: bool, as_csv: bool) -> int:
    if as_json and as_csv:
        raise UsageError("json_or_csv")
    started = session.begin(only_looks=True)
    with bootstrap.ledger_view(started) as ledger:
        lines, events = history(started, ledger, target)
    if as_json:
        put(
            {
                "publications": [output.line_document(line) for line in lines],
                "events": [output.event_document(event) for event in events],
            }
        )
    elif as_csv:
        output.put_csv(lines, events)
    else:
        output.show_history(lines, events)
    return OK


def show_manifest(digest: str, *, alone: bool) -> int:
    """The manifest's own bytes, so that their sha256 is the digest; on a terminal, its text."""
    if not alone:
        raise UsageError("manifest_alone")
    started = session.begin(only_looks=True)
    with bootstrap.ledger_view(started) as ledger:
        content = manifest(ledger, digest)
    if sys.stdout.isatty():
        for line in content.decode("utf-8-sig").splitlines():
            click.echo(in_sight(line))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return OK
