"""The sentences behind reasons and errors: what happened, where, what to do next.

Keys are codes; `{name}` are facts, shown as `figures.show` says. A test holds every code used in
the program against this table, and every field against the facts given.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.text.audit import AUDIT
from syncd.text.commands import COMMANDS
from syncd.text.configuration import CONFIGURATION
from syncd.text.disk_and_ledger import MACHINE
from syncd.text.drafts import DRAFT_SENTENCES
from syncd.text.guards import GUARDS, TO_RELEASE
from syncd.text.history import HISTORY
from syncd.text.links import LINKS
from syncd.text.manual_actions import BY_HAND
from syncd.text.matching import MATCHING
from syncd.text.page import PAGE_SENTENCES
from syncd.text.portal import PORTAL
from syncd.text.preflight import PREFLIGHT
from syncd.text.reports import REPORT_SENTENCES
from syncd.text.s3 import S3
from syncd.text.service import SERVICE
from syncd.text.targets import TARGETS

__all__ = ["SENTENCES", "SUBJECTS", "TO_RELEASE"]

SUBJECTS: tuple[Mapping[str, str], ...] = (
    CONFIGURATION,
    TARGETS,
    MATCHING,
    GUARDS,
    BY_HAND,
    HISTORY,
    S3,
    PORTAL,
    LINKS,
    MACHINE,
    PREFLIGHT,
    SERVICE,
    COMMANDS,
    DRAFT_SENTENCES,
    REPORT_SENTENCES,
    PAGE_SENTENCES,
    AUDIT,
)

SENTENCES: Mapping[str, str] = {
    code: said for subject in SUBJECTS for code, said in subject.items()
}
