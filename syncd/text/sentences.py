"""The sentences behind reasons and errors: what happened, where, what to do next.

Keys are codes; `{name}` are facts, shown as `figures.show` says. A test holds every code used in
the program against this table, and every field against the facts given.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.i18n_markers import N_
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

__all__ = ["ASK_AGAIN", "NEXT_CYCLE", "PASSING", "SENTENCES", "SUBJECTS", "TO_RELEASE"]

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

# Trouble of a server that may be over soon. What follows is said behind the sentence: for whom cycles
# come, the first; for somebody who typed a command that is none, the second.
PASSING = frozenset(
    {
        *("s3_busy", "s3_timeout", "s3_answer_slow", "s3_left_alone"),
        *("portal_read_only", "portal_busy", "portal_fault", "portal_unreachable"),
        *("portal_answer_lost", "portal_answer_slow", "portal_left_alone"),
    }
)
NEXT_CYCLE = N_("syncd tries again in the next cycle.")
ASK_AGAIN = N_("It may pass: run the command again in a few minutes.")
