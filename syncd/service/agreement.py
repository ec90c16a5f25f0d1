"""Who of several replicas may lead where they differ: in their manifest, or in the program. Pure.

In force is the manifest of the one who leads, or led last (docs/decisions/0073). Another one may
be of tomorrow, in the middle of a rollout, or of yesterday, on a machine that a change did not
reach: while somebody lives who would go on as before, the others leave the lead to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncd.core.reasons import Reason, because
from syncd.core.service_records import SHORT, Fleet, Replica


@dataclass(frozen=True, slots=True)
class Own:
    """What a replica that stands by has itself. `manifest`: the digest of the one on its disk, ""
    where that is not good; `has_any`: it could work by a last good one at least. `is_behind`: its
    manifest was in force, then another one came, and nobody has touched the one here since."""

    version: str
    manifest: str = ""
    has_any: bool = False
    is_behind: bool = False
    is_outdated: bool = False  # a newer program has changed the ledger's tables

    @property
    def is_able(self) -> bool:
        return self.has_any and not self.is_outdated


def gives_way(own: Own, others: Iterable[Replica], in_force: str) -> bool:
    """Whether one lives that should rather lead: first who has the manifest in force, then who has
    the newer program. Of two that are alike in both, each may."""
    mine = _rank(own.manifest, own.version, in_force)
    return any(one.able and _rank(one.manifest, one.version, in_force) > mine for one in others)


def _rank(manifest: str, version: str, in_force: str) -> tuple[bool, tuple[int, ...]]:
    return bool(in_force) and manifest == in_force, number(version)


def number(version: str) -> tuple[int, ...]:
    """Of which the greater one is the newer program."""
    return tuple(int(one) for one in re.findall(r"\d{1,9}", version)[:3])


def differences(own: Own, fleet: Fleet) -> Mapping[str, Reason]:
    """What a replica that stands by has to say of itself, by subject."""
    found: dict[str, Reason] = {}
    short, in_force = own.manifest[:SHORT], fleet.manifest[:SHORT]
    if not own.manifest:
        code = "replica_bad_manifest" if own.has_any else "replica_no_manifest"
        found["manifest"] = because(code)
    elif own.is_behind:
        found["manifest"] = because("replica_behind", mine=short, in_force=in_force)
    elif fleet.manifest and own.manifest != fleet.manifest:
        found["manifest"] = because("replica_other_manifest", mine=short, in_force=in_force)
    if own.is_outdated:
        found["program"] = because("replica_outdated", mine=own.version)
    elif fleet.is_led and fleet.version not in {"", own.version}:
        code = "replica_other_version"
        found["program"] = because(code, mine=own.version, leads=fleet.version)
    return found
