"""What was published, when and by whom, from the ledger alone."""

from __future__ import annotations

from syncd.actions import selection
from syncd.config.configuration import App
from syncd.core.addresses import resource_address
from syncd.core.ports import Ledger
from syncd.core.records import Publication


def history(app: App, ledger: Ledger, target: str | None) -> tuple[Publication, ...]:
    """Oldest first. Also of resources that the manifest does not have: a push may go to any.

    `UsageError` when there is no such target.
    """
    lines = ledger.history(app.manifest.portal)
    if target is None:
        return lines
    address = resource_address(target)
    wanted = address.text if address else target
    meant = {line.binding.resource for line in lines if _is_meant(line, wanted)}
    if not meant:
        selection.select(app, ledger, None, target)  # one that was never published, or an error
    return tuple(line for line in lines if line.binding.resource in meant)


def _is_meant(line: Publication, wanted: str) -> bool:
    keys = {line.judged.key, line.binding.key}
    return wanted in keys or line.binding.resource.startswith(wanted)
