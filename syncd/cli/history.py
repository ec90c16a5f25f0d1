"""`syncd history [TARGET]`: from the ledger alone."""

from __future__ import annotations

from syncd import app
from syncd.addresses import resource_address
from syncd.cli import pages, session
from syncd.cli.documents import put
from syncd.errors import UsageError
from syncd.model import Publication
from syncd.report import OK


def run(*, target: str | None, as_json: bool, as_csv: bool) -> int:
    if as_json and as_csv:
        raise UsageError("json_or_csv")
    started = session.begin()
    lines = _lines(started, target)
    if as_json:
        put({"publications": [pages.line_document(line) for line in lines]})
    elif as_csv:
        pages.put_csv(lines)
    else:
        pages.show_history(lines)
    return OK


def _lines(started: app.App, target: str | None) -> tuple[Publication, ...]:
    """Also of resources that the manifest does not have: a push may go to any of them."""
    with app.ledger(started, read_only=True) as ledger:
        lines = ledger.history(started.manifest.portal)
        if target is None:
            return lines
        address = resource_address(target)
        wanted = address.text if address else target
        meant = {line.binding.resource for line in lines if _is_meant(line, wanted)}
        if not meant:
            app.select(started, ledger, None, target)  # `UsageError` when there is no such target
        return tuple(line for line in lines if line.binding.resource in meant)


def _is_meant(line: Publication, wanted: str) -> bool:
    keys = {line.judged.key, line.binding.key}
    return wanted in keys or line.binding.resource.startswith(wanted)
