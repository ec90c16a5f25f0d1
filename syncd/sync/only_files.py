"""The only file of its kind in a folder, for the only resource of that kind in a dataset. Pure.

Names may have nothing in common (a notice, a map): where the other files of a dataset lie in a
folder, and one PDF lies there, it may well be that of the dataset's one PDF resource.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from syncd.core.file_names import extensions_of
from syncd.core.objects import Version
from syncd.core.portal import Resource
from syncd.sync.resource_matcher import Guess, Guesses, MatchedBy

_MOST = 200_000  # folders and kinds that are remembered; a larger bucket has no folder of a dataset

_Kind = tuple[str, str]  # as `extensions_of` has them


class OnlyFiles:
    """Objects stream past; what is remembered of each folder is its one file of a sought kind."""

    def __init__(self, datasets: Iterable[Sequence[Resource]]) -> None:
        """`datasets`: of each, all resources that take a file."""
        self._sought = {kind for resources in datasets for kind in _alone(resources)}
        self._found: dict[tuple[str, _Kind], Version | None] = {}  # None: there are several

    def see(self, version: Version) -> None:
        kind = extensions_of(version.key)
        if kind not in self._sought or len(self._found) > _MOST:
            return
        place = _folder(version.key), kind
        self._found[place] = None if place in self._found else version

    def add_to(
        self, found: Mapping[str, Guesses], resources: Sequence[Resource]
    ) -> dict[str, Guesses]:
        """The guesses of one dataset's resources, by id, with those that were found so."""
        own = {resource.id: found[resource.id] for resource in resources}
        if len(self._found) > _MOST:
            return own
        taken = {guess.key for each in found.values() for guess in each.guesses[:1]}
        folders = sorted({_folder(each.guesses[0].key) for each in own.values() if each.guesses})
        for kind, resource in _alone(resources).items():
            there = (self._found.get((folder, kind)) for folder in folders)
            new = tuple(
                Guess(version.key, version.fingerprint.size, MatchedBy.FOLDER)
                for version in there
                if version is not None and version.key not in taken
            )
            if not own[resource.id].guesses:
                own[resource.id] = replace(own[resource.id], guesses=new)
        return own


def _alone(resources: Sequence[Resource]) -> dict[_Kind, Resource]:
    """Those of which the dataset has no other of the same kind."""
    kinds = {resource.id: extensions_of(resource.made_title) for resource in resources}
    count = Counter(kinds.values())
    return {
        kinds[resource.id]: resource
        for resource in resources
        if count[kinds[resource.id]] == 1 and any(kinds[resource.id])
    }


def _folder(key: str) -> str:
    return key.rpartition("/")[0]
