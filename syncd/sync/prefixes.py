"""What the sources are asked for, so that they show what the manifest needs. Pure.

The fewest listings, each as short as it may be: the time never grows with what nobody claims.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syncd.core.composed import composed
from syncd.core.targets import Target


class Prefix(NamedTuple):
    """One listing that the manifest needs. Not `recursive`: only the keys right under it."""

    source: str
    prefix: str
    recursive: bool


def folders(key: str) -> Iterator[str]:
    """Every folder that the key lies in, the bucket's root ("") first."""
    yield ""
    at = key.find("/")
    while at != -1:
        yield key[: at + 1]
        at = key.find("/", at + 1)


def prefixes(targets: Iterable[Target]) -> tuple[Prefix, ...]:
    """The fewest listings that show every object of these targets, and their folders' others."""
    return _fewest({prefix_of(target) for target in targets})


def _fewest(wanted: Collection[Prefix]) -> tuple[Prefix, ...]:
    return tuple(sorted(p for p in wanted if not any(wide in wanted for wide in _wider(p))))


def prefix_of(target: Target) -> Prefix:
    pattern, key = target.rule.pattern, composed(target.rule.text)
    if pattern is None:
        return Prefix(target.source, key[: key.rfind("/") + 1], recursive=False)
    return Prefix(target.source, pattern.folder, recursive=not pattern.is_flat)


def covering(target: Target) -> Iterator[Prefix]:
    """Every listing that would show the target's objects; `prefixes` has exactly one of them."""
    own = prefix_of(target)
    yield own
    yield from _wider(own)


def _wider(prefix: Prefix) -> Iterator[Prefix]:
    """Every listing that shows all that this one shows, and more."""
    for folder in folders(prefix.prefix):
        if folder != prefix.prefix or not prefix.recursive:
            yield Prefix(prefix.source, folder, recursive=True)


# -- what is asked for -------------------------------------------------------------------------

# How much lies under a prefix is only known once it is listed. So a listing that small requests can
# replace is given the time that these would take, and is then given up: at worst the time is
# doubled, and it never grows with what the manifest does not need.

PAGE = 1000  # objects; what a server gives in one answer
_SMALL = 4  # requests for little that take as long as such a page
_MANY = 8  # listings, from which on a single one over all of them may be quicker


@dataclass(frozen=True, slots=True)
class Ask:
    """A listing; or only `keys`, where these are all that is wanted in it and it is too long."""

    listing: Prefix
    keys: tuple[str, ...] = ()

    @property
    def limit(self) -> int | None:
        """The most objects that it may show; None = it goes to its end."""
        return PAGE * max(1, len(self.keys) // _SMALL) if self.keys else None


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One listing over many others of a source, which nobody needs to have a right to."""

    listing: Prefix
    over: tuple[Ask, ...]

    def limit(self, shown: int) -> int:
        """The most objects that it may show while only `shown` of the others came into view."""
        return PAGE * (max(1, len(self.over) // (8 * _SMALL)) + shown // _SMALL)


def by_prefix(targets: Iterable[Target]) -> dict[Prefix, list[Target]]:
    """The targets by the `prefix_of` each."""
    under: dict[Prefix, list[Target]] = {}
    for target in targets:
        under.setdefault(prefix_of(target), []).append(target)
    return under


def asks(under: Mapping[Prefix, Sequence[Target]]) -> tuple[Ask | Shortcut, ...]:
    """What to ask the sources for, so that they show the objects of these targets, `by_prefix`."""
    wanted = _fewest(under.keys())
    keys: dict[Prefix, set[str]] = {prefix: set() for prefix in wanted}
    to_the_end = set()
    for own, those in under.items():
        shown_by = next(prefix for prefix in (own, *_wider(own)) if prefix in keys)
        keys[shown_by].update(one.rule.text for one in those if one.rule.pattern is None)
        if any(one.rule.pattern is not None for one in those):
            to_the_end.add(shown_by)
    by_source: dict[str, list[Ask]] = {}
    for prefix in wanted:
        exact = () if prefix in to_the_end else tuple(sorted(keys[prefix]))
        by_source.setdefault(prefix.source, []).append(Ask(prefix, exact))
    return tuple(ask for mine in by_source.values() for ask in _shortened(mine))


def datasets_by_listing(
    under: Mapping[Prefix, Sequence[Target]], asked: Iterable[Ask | Shortcut]
) -> dict[Prefix, set[str]]:
    """Which datasets, as the manifest has them, each of the single listings serves. `under`: as of
    `asks`."""
    single = (ask.over if isinstance(ask, Shortcut) else (ask,) for ask in asked)
    serves: dict[Prefix, set[str]] = {one.listing: set() for some in single for one in some}
    for own, targets in under.items():
        listing = next(one for one in (own, *_wider(own)) if one in serves)
        serves[listing].update(target.dataset for target in targets)
    return serves


def _shortened(mine: Sequence[Ask]) -> Sequence[Ask | Shortcut]:
    """`mine`: of one source, sorted."""
    if len(mine) < _MANY:
        return mine
    first, last = mine[0].listing, mine[-1].listing
    # The deepest folder that these two share, all share.
    *_, shared = (f for f in folders(first.prefix) if last.prefix.startswith(f))
    return [Shortcut(Prefix(first.source, shared, recursive=True), tuple(mine))]
