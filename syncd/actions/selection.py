"""Which datasets `--dataset` and `--resource` mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from syncd.actions.typed_names import Named, meant, near
from syncd.config.configuration import App
from syncd.core.addresses import Address, dataset_address, resource_address
from syncd.core.composed import composed
from syncd.core.errors import SeveralMeant, UsageError
from syncd.core.ledger_ports import LedgerView
from syncd.core.reasons import Reason
from syncd.core.records import DatasetNote, Row
from syncd.core.targets import DatasetEntry, Target


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of the manifest that a command works on; `only` is a TARGET or ""."""

    entries: tuple[DatasetEntry, ...]
    only: str = ""


@dataclass(frozen=True, slots=True)
class KnownDataset:
    """A dataset of the manifest, with what the ledger has of it."""

    entry: DatasetEntry
    id: str  # as the manifest has it while no cycle has asked the portal
    note: DatasetNote | None
    rows: tuple[Row, ...]

    @property
    def title(self) -> str:
        """The portal's, else the manifest's."""
        return self.note.title if self.note else self.entry.name

    @property
    def page(self) -> str:
        return self.note.page if self.note else ""


def known(app: App, ledger: LedgerView, entry: DatasetEntry) -> KnownDataset:
    """From the ledger alone; the portal is not asked."""
    portal, dataset = app.manifest.portal, dataset_id(app, ledger, entry)
    return KnownDataset(entry, dataset, ledger.note(portal, dataset), ledger.rows(portal, dataset))


def all_known(app: App, ledger: LedgerView) -> Iterator[KnownDataset]:
    """The same of the whole manifest, in its order, in three statements."""
    portal = app.manifest.portal
    ids, notes, rows = ledger.all_addresses(portal), ledger.notes(portal), ledger.all_rows(portal)
    for entry in app.manifest.datasets:
        dataset = ids.get(entry.dataset, entry.dataset)
        yield KnownDataset(entry, dataset, notes.get(dataset), rows.get(dataset, ()))


def select(
    app: App,
    ledger: LedgerView,
    dataset: str | None,
    target: str | None,
    *,
    exactly: bool = False,
    acts: bool = False,
) -> Selection:
    """What `--dataset` and `--resource` name. `UsageError` when they name nothing.

    By what is written in the manifest; else, but where it must be `exactly` that, by a title, the
    name of a file or the beginning of one. What `acts` against a guard or on what is online goes by
    no beginning of a name: that may be another one's, where the meant one is not in the manifest.
    """
    entries = app.manifest.datasets
    if dataset is not None:
        entries = (_dataset_meant(app, ledger, dataset),)
    if target is None:
        return Selection(entries)
    portal = app.manifest.portal
    ids = [dataset_id(app, ledger, entry) for entry in entries]
    rows = [row for identifier in ids for row in ledger.rows(portal, identifier)]
    try:
        entry, only = by_target(entries, portal, rows, target)
    except UsageError as error:
        if exactly or error.reason.code != "no_such_target":
            raise
        named = [one for entry in entries for one in _named_targets(app, ledger, entry)]
        found = _one_of(meant(named, target, wholly=acts), target)
        if found is None:
            begun = _one_of(meant(named, target), target)
            if likely := begun.title if begun else near(named, target):
                raise UsageError("no_such_target_near", given=target, near=likely) from error
            raise
        return Selection((found.entry,), found.what)
    if not exactly and only != target and only.startswith(target):  # the beginning of an id
        named = [one for each in entries for one in _named_targets(app, ledger, each)]
        others = [one for one in meant(named, target) if one.what != only]
        _one_of([*(one for one in named if one.what == only), *others], target)
    return Selection((entry,), only)


def _dataset_meant(app: App, ledger: LedgerView, given: str) -> DatasetEntry:
    entries = app.manifest.datasets
    try:
        known_id = _id_of_slug(app, ledger, given)
        return by_dataset(entries, app.manifest.portal, given, known_id)
    except UsageError as error:
        if error.reason.code != "no_such_dataset":
            raise
        named = [
            Named(entry, entry.dataset, _names_of_dataset(known(app, ledger, entry)))
            for entry in entries
        ]
        found = _one_of(meant(named, given), given)
        if found is None:
            likely = near(named, given) or str(error.reason.facts.get("near") or "")
            if likely:
                raise UsageError("no_such_dataset_near", given=given, near=likely) from error
            raise
        return found.entry


def _one_of(found: Sequence[Named], given: str) -> Named | None:
    if len(found) > 1:
        choices = [(one.what, one.title) for one in found]
        raise SeveralMeant(given, choices)
    return found[0] if found else None


def _names_of_dataset(dataset: KnownDataset) -> tuple[str, ...]:
    page = dataset_address(dataset.page) if dataset.page else None
    return (dataset.title, dataset.entry.name, page.text if page else "", dataset.entry.dataset)


def _named_targets(app: App, ledger: LedgerView, entry: DatasetEntry) -> Iterator[Named]:
    dataset, places = known(app, ledger, entry), locations(app)
    names = _names_of_dataset(dataset)
    for target in entry.targets:
        rows = [row for row in dataset.rows if target.feeds(row.binding, places[target.source])]
        for row in rows:
            key = row.judged.key if row.judged else row.binding.key
            own = (row.title, key.rsplit("/", 1)[-1], key)
            yield Named(entry, row.binding.resource or key, own, names)
        if not rows:
            written = target.rule.text
            own = (target.rule.title, written.rsplit("/", 1)[-1], written)
            yield Named(entry, target.resource or written, own, names)


def by_dataset(
    entries: Sequence[DatasetEntry], portal: str, text: str, known_id: str | None
) -> DatasetEntry:
    """The entry meant by an id, slug or page address of the manifest's portal.

    `known_id`: the id that the ledger has for that slug, so that an id in the manifest is found by
    its slug. `UsageError` when the manifest has no such dataset.
    """
    address = _of_portal(dataset_address(text), portal)
    wanted = {text, address.text if address else text, known_id}
    found = next((entry for entry in entries if entry.dataset in wanted), None)
    if found is None:
        near = get_close_matches(text, [entry.dataset for entry in entries], n=1)
        raise UsageError("no_such_dataset", given=text, near=near[0] if near else "")
    return found


def by_target(
    entries: Sequence[DatasetEntry], portal: str, rows: Iterable[Row], text: str
) -> tuple[DatasetEntry, str]:
    """The dataset and the TARGET (a full resource id, or a key) meant by what was typed.

    `UsageError` when nothing fits, or more than one thing does.
    """
    address = _of_portal(resource_address(text), portal)
    wanted = composed(address.text if address else text)
    rows = tuple(rows)
    found = {
        (entry.place, what): entry for entry in entries for what in _names(entry, rows, wanted)
    }
    if not text.strip():  # every id begins with it: `--resource "$NOT_SET"` names nothing
        found = {}
    if not found:
        raise UsageError("no_such_target", given=text)
    if len(found) > 1:
        choices = [(what, "") for what in sorted(what for _, what in found)]
        raise SeveralMeant(text, choices)
    ((_, what), entry) = next(iter(found.items()))
    return entry, what


def _of_portal(address: Address | None, portal: str) -> Address | None:
    """An id is known to one portal alone: that of another one would name something else here."""
    if address is not None and address.portal not in {"", portal}:
        raise UsageError("other_portal", read=address.portal, portal=portal)
    return address


def row_of(
    entry: DatasetEntry, rows: Iterable[Row], locations: Mapping[str, str], only: str
) -> Row:
    """The ledger's row of the one target that `by_target` found. `locations`: by source name.

    `UsageError` when no cycle has looked at it yet.
    """
    mine = [row for row in rows_of(entry, rows, locations) if is_named(row, only)]
    if not mine:
        raise UsageError("target_never_looked", given=only)
    if len(mine) > 1:
        choices = sorted((row.binding.resource or row.binding.key, row.title) for row in mine)
        raise SeveralMeant(only, choices)
    return mine[0]


def why_it_is(row: Row) -> Reason | None:
    """Why a target is not well, for a sentence that gives a whole command; None where it is."""
    if row.state.is_well:
        return None
    of = row.binding
    return row.reason.about(target=of.resource or of.key, dataset=of.dataset)


def rows_of(entry: DatasetEntry, rows: Iterable[Row], locations: Mapping[str, str]) -> list[Row]:
    """The rows of the targets that the manifest has now, in its order."""
    rows = tuple(rows)
    return [
        row
        for target in entry.targets
        for row in rows
        if target.feeds(row.binding, locations[target.source])
    ]


def is_named(row: Row, only: str) -> bool:
    """Whether the row is of the TARGET that `by_target` found."""
    return composed(only) in {row.binding.resource, composed(row.binding.key)}


def _names(entry: DatasetEntry, rows: tuple[Row, ...], wanted: str) -> set[str]:
    names = set()
    for target in entry.targets:
        fed = {r.binding.resource for r in rows if _feeds(target, r)}
        names |= {s for s in (*target.stated, *fed) if s and s.startswith(wanted)}
        if _claims(target, wanted):
            names.add(target.resource or wanted)
    return names


def _feeds(target: Target, row: Row) -> bool:
    return target.rule.makes_many and target.rule.matches(row.binding.key)


def _claims(target: Target, key: str) -> bool:
    return composed(target.rule.text) == composed(key) or target.rule.matches(key)


def _id_of_slug(app: App, ledger: LedgerView, given: str) -> str | None:
    """The id in the manifest that a slug stands for, as far as the ledger has seen its page."""
    portal, address = app.manifest.portal, dataset_address(given)
    if address is None:
        return None
    resolved = ledger.address(portal, address.text)
    if resolved is not None:
        return resolved
    for entry in app.manifest.datasets:
        note = ledger.note(portal, dataset_id(app, ledger, entry))
        page = dataset_address(note.page) if note else None
        if page is not None and page.text == address.text:
            return entry.dataset
    return None


def locations(app: App) -> dict[str, str]:
    """Where each source of the manifest is, as bindings have it."""
    return {name: str(source.location) for name, source in app.manifest.sources.items()}


def dataset_id(app: App, ledger: LedgerView, entry: DatasetEntry) -> str:
    """The dataset's id as far as it is known without asking."""
    return ledger.address(app.manifest.portal, entry.dataset) or entry.dataset
