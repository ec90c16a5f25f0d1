"""The sentences behind reasons and errors: what happened, where, what to do next.

Keys are codes; `{name}` are facts, shown as `figures.show` says. A test holds every code used in
the program against this table, and every field against the facts given.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.wording.audit import AUDIT
from syncd.wording.by_hand import BY_HAND
from syncd.wording.commands import COMMANDS
from syncd.wording.configuration import CONFIGURATION
from syncd.wording.drafts import DRAFT_SENTENCES
from syncd.wording.guards import GUARDS, TO_RELEASE
from syncd.wording.machine import MACHINE
from syncd.wording.matching import MATCHING
from syncd.wording.portal import PORTAL
from syncd.wording.preflight import PREFLIGHT
from syncd.wording.s3 import S3
from syncd.wording.service import SERVICE
from syncd.wording.targets import TARGETS

__all__ = ["SENTENCES", "SUBJECTS", "TO_RELEASE"]

SUBJECTS: tuple[Mapping[str, str], ...] = (
    CONFIGURATION,
    TARGETS,
    MATCHING,
    GUARDS,
    BY_HAND,
    S3,
    PORTAL,
    MACHINE,
    PREFLIGHT,
    SERVICE,
    COMMANDS,
    DRAFT_SENTENCES,
    AUDIT,
)

SENTENCES: Mapping[str, str] = {
    code: said for subject in SUBJECTS for code, said in subject.items()
}
