"""`syncd history [TARGET]`: from the ledger alone."""

from __future__ import annotations

from syncd import bootstrap
from syncd.actions import selection
from syncd.cli import session
from syncd.cli.output import history
from syncd.cli.output.json_documents import put
from syncd.config import configuration
from syncd.core.addresses import resource_address
from syncd.core.errors import UsageError
from syncd.core.records import Publication
from syncd.core.results import OK


def run(*, target: str | None, as_json: bool, as_csv: bool) -> int:
    if as_json and as_csv:
        raise UsageError("json_or_csv")
    started = session.begin()
    lines = _lines(started, target)
    if as_json:
        put({"publications": [history.line_document(line) for line in lines]})
    elif as_csv:
        history.put_csv(lines)
    else:
        history.show_history(lines)
    return OK


def _lines(started: configuration.App, target: str | None) -> tuple[Publication, ...]:
    """Also of resources that the manifest does not have: a push may go to any of them."""
    with bootstrap.ledger(started, read_only=True) as ledger:
        lines = ledger.history(started.manifest.portal)
        if target is None:
            return lines
        address = resource_address(target)
        wanted = address.text if address else target
        meant = {line.binding.resource for line in lines if _is_meant(line, wanted)}
        if not meant:
            selection.select(
                started, ledger, None, target
            )  # `UsageError` when there is no such target
        return tuple(line for line in lines if line.binding.resource in meant)


def _is_meant(line: Publication, wanted: str) -> bool:
    keys = {line.judged.key, line.binding.key}
    return wanted in keys or line.binding.resource.startswith(wanted)
