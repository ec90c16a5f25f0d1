"""What a new manifest changes, and when it must wait for a second word."""

from __future__ import annotations

import pytest

from syncd.config.manifest import LoadedManifest, loads
from syncd.service.manifest_diff import ManifestDiff, manifest_diff

HEAD = (
    "version: 1\nportal: https://p.example\n"
    "sources:\n  s: {endpoint: 'https://s3.example', bucket: bucket}\n"
)
RESOURCES = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(20)]


def manifest(
    *keys: int, dataset: str = "d" * 24, more: str = "", extra: str = ""
) -> LoadedManifest:
    entries = "".join(
        f"      - {{resource: {RESOURCES[n]}, object: k{n}.csv{more}}}\n" for n in keys
    )
    return loads(
        f"{HEAD}defaults: {{source: s}}\ndatasets:\n  - dataset: {dataset}\n    resources:\n"
        f"{entries}{extra}",
        "m.yaml",
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((0, 1, 2), (0, 1, 2), ManifestDiff(0, 0, 3)),
        ((0, 1, 2), (0, 1, 2, 3), ManifestDiff(1, 0, 3)),
        ((0, 1, 2), (3, 1, 2), ManifestDiff(1, 1, 3)),
        ((0, 1, 2, 3), (0,), ManifestDiff(0, 3, 4)),
    ],
)
def test_targets_that_come_and_go(
    old: tuple[int, ...], new: tuple[int, ...], expected: ManifestDiff
) -> None:
    assert manifest_diff(manifest(*old), manifest(*new)) == expected


@pytest.mark.parametrize(
    ("removed", "before", "loss"),
    [(0, 0, False), (1, 1, True), (1, 2, False), (2, 3, True), (6, 12, False), (7, 12, True)],
)
def test_more_than_half_is_a_loss(removed: int, before: int, loss: bool) -> None:
    assert ManifestDiff(100, removed, before).is_loss is loss


def test_other_words_guards_or_objects_keep_the_target() -> None:
    assert manifest_diff(manifest(0), manifest(0, more=", settle: 5m")) == ManifestDiff(0, 0, 1)


def test_a_dataset_written_in_another_way_keeps_its_targets() -> None:
    """An id in the place of a slug: resources have ids of their own."""
    assert manifest_diff(manifest(0), manifest(0, dataset="liste-des-musees")) == ManifestDiff(
        0, 0, 1
    )


def test_an_each_entry_is_known_by_its_pattern() -> None:
    one = manifest(0, extra="      - each: f/{y:yyyy}.csv\n")
    other = manifest(0, extra="      - each: g/{y:yyyy}.csv\n")
    assert manifest_diff(one, one) == ManifestDiff(0, 0, 2)
    assert manifest_diff(one, other) == ManifestDiff(1, 1, 2)
