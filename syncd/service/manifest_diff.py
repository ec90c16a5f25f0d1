"""What a new manifest changes, and whether it may replace the one in force. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from syncd.config.manifest import LoadedManifest
from syncd.core.targets import Target

Identity = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """How many targets come and go, of how many before."""

    added: int
    removed: int
    before: int

    @property
    def is_loss(self) -> bool:
        """More than half of the targets would go: a cut file or a wrong paste, more often than
        what somebody meant."""
        return 2 * self.removed > self.before


def manifest_diff(old: LoadedManifest, new: LoadedManifest) -> ManifestDiff:
    former, later = Counter(_identities(old)), Counter(_identities(new))
    return ManifestDiff(
        added=(later - former).total(),
        removed=(former - later).total(),
        before=former.total(),
    )


def _identities(manifest: LoadedManifest) -> Iterable[Identity]:
    for entry in manifest.datasets:
        for target in entry.targets:
            yield _identity(manifest, target)


def _identity(manifest: LoadedManifest, target: Target) -> Identity:
    """A target stays the same when its words, guards or schedule change; what feeds it may change
    too, and how its dataset is written, as long as a resource is named."""
    if target.resource:
        return manifest.portal, target.resource, "", ""
    place = str(manifest.sources[target.source].location)
    return manifest.portal, target.dataset, target.selector, place
