"""Where `syncd push` is to put a file: looked up in the manifest and on the portal."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.actions import selection
from syncd.config.configuration import App
from syncd.core.addresses import Address, dataset_address, resource_address
from syncd.core.composed import composed
from syncd.core.errors import UsageError
from syncd.core.ports import Adapters
from syncd.core.records import Row
from syncd.core.targets import Target


@dataclass(frozen=True, slots=True)
class MappedTarget:
    """The target of the manifest that feeds a resource from a bucket, and its row."""

    target: Target
    row: Row


@dataclass(frozen=True, slots=True)
class Destination:
    """A resource of a dataset (their ids); `resource` is "" for a new one with this title."""

    dataset: str
    resource: str = ""
    title: str = ""
    mapped: MappedTarget | None = None  # None: the manifest does not know it


def existing_resource(app: App, adapters: Adapters, given: str) -> Destination:
    """`given`: a TARGET of the manifest, or the id or address of any resource of the portal.

    `UsageError` when it is neither; `PortalError` when the portal does not say whose it is.
    """
    mapped = _mapped(app, adapters, given)
    if mapped is not None:
        return Destination(mapped.row.binding.dataset, mapped.row.binding.resource, mapped=mapped)
    address = _on_portal(app, resource_address(given))
    if address is None:
        raise UsageError("push_no_resource", given=given)
    return Destination(adapters.portal.dataset_of(address.text), address.text)


def new_resource(app: App, adapters: Adapters, given: str, title: str) -> Destination:
    """`given`: id, slug or address of any dataset of the portal. `UsageError`, `PortalError`."""
    address = _on_portal(app, dataset_address(given))
    if address is None:
        raise UsageError("push_no_dataset", given=given)
    return Destination(adapters.portal.resolve(address.text), title=composed(title.strip()))


def _on_portal(app: App, address: Address | None) -> Address | None:
    """Only what is on the manifest's portal, or does not say where it is."""
    return address if address and address.portal in {"", app.manifest.portal} else None


def _mapped(app: App, adapters: Adapters, given: str) -> MappedTarget | None:
    """The target of the manifest that feeds this resource, if any."""
    try:
        chosen = selection.select(app, adapters.ledger, None, given, exactly=True)
    except UsageError as error:
        if error.reason.code != "no_such_target":
            raise
        return None
    dataset = selection.known(app, adapters.ledger, chosen.entries[0])
    places = selection.locations(app)
    row = selection.row_of(dataset.entry, dataset.rows, places, chosen.only)
    target = next(t for t in dataset.entry.targets if t.feeds(row.binding, places[t.source]))
    return MappedTarget(target, row)
