"""What a dataset's contact is told: the person who deposits its files, and has never seen syncd.

Two rules make that so for every reason, those of later versions among them. A reason that is
neither a guard's nor named here does not reach a contact: it is the business of those who run syncd
(a portal that is down, a key, a disk, a line of the manifest). And what a guard found is said
without what an operator would do about it: clauses with a command, a setting or the manifest are
left out, and "ask the producer to …" becomes "please …".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from syncd.core.i18n_markers import N_
from syncd.core.regular_expressions import regex
from syncd.text.guards import GUARDS
from syncd.text.service import SERVICE

_BY_HAND = N_(
    "Someone replaced the file of “{title}” on the portal by hand ({size:size}). If that is the right "
    "one, please deposit it, too; if not, tell those who publish it."
)
_REMOVED = N_(
    "The resource {resource} of “{title}” was removed on the portal, so its file is not published any "
    "more. If that is not meant, tell those who publish it."
)
_RENAMED = N_(
    "{key} is no longer among the deposited files; these are there: {near}. If it is the same file, "
    "please deposit it under its former name. The file online stays as it was."
)
_NEAR = N_(
    "No deposited file has a name like {key}; these are there: {near}. Please deposit it under a name "
    "like the former ones. The file online stays as it was."
)
_TIE = N_(
    "{first} and {second} have the same date and names of equal rank: none is the newest. Please "
    "remove or rename one."
)

PRODUCERS: Mapping[str, str] = {
    "deposit_late": N_(
        "Nothing was deposited since {since:date}; a new file was expected every {every:duration} "
        "(and {grace:duration} of grace). The file online stays as it was. Please deposit the new one."
    ),
    "deposit_late_by": N_(
        "Nothing was deposited since {since:date}; a new file was expected by {due:date} (and "
        "{grace:duration} of grace). The file online stays as it was. Please deposit the new one."
    ),
    "object_missing": N_(
        "{key} is no longer among the deposited files. The file online stays as it was. Please deposit "
        "it again under this name."
    ),
    "newest_missing": N_(
        "No deposited file has a name like {pattern}. The file online stays as it was. Please deposit "
        "one under such a name."
    ),
    "each_missing": N_(
        "No deposited file has a name like {pattern}. Please deposit one under such a name."
    ),
    "object_renamed": _RENAMED,
    "object_renamed_same": _RENAMED,
    "object_renamed_several": _RENAMED,
    "object_renamed_unwritable": _RENAMED,
    "object_renamed_each": _RENAMED,
    "pattern_near": _NEAR,
    "pattern_near_known": _NEAR,
    "each_same_name": N_(
        "{key} and {other} stand for the same file online. Please keep one of them."
    ),
    "newest_tie_date": _TIE,
    "newest_tie_name": _TIE,
    "settling": N_(
        "{key} was deposited a moment ago. It is read once it has not changed for {settle:duration}."
    ),
    "never_still": N_(
        "Each time that {key} was looked at since {since:date}, it had changed less than "
        "{settle:duration} before, so nothing of it goes online. Please deposit it in one go, when it is "
        "whole."
    ),
    "object_keeps_changing": N_(
        "{key} was overwritten each time it was read. Please deposit it in one go; it is read again "
        "soon."
    ),
    "drifted": _BY_HAND,
    "pinned_drifted": _BY_HAND,
    "pinned_drifted_unnamed": _BY_HAND,
    "conflict": N_(
        "Someone replaced the file of “{title}” on the portal by hand ({previous:size}), and another one "
        "was deposited ({size:size}), which is not online. Please tell those who publish it which one is "
        "right."
    ),
    "portal_bad_type": N_(
        "The portal takes no files of this type. Please deposit the file in another format. The file "
        "online stays as it was."
    ),
    "dataset_deleted": N_(
        "The dataset “{title}” was deleted on the portal ({page}), so its files are not published any "
        "more. If that is not meant, please restore it."
    ),
    "dataset_archived": N_(
        "The dataset “{title}” is archived on the portal ({page}), so its files are not published any "
        "more. If that is not meant, please unarchive it."
    ),
    "resource_withdrawn": _REMOVED,
    "resource_withdrawn_each": _REMOVED,
    "withdrawn_meanwhile": N_(
        "“{title}” was removed on the portal, so its file is not published any more. If that is not "
        "meant, tell those who publish it."
    ),
    "receipt": SERVICE["receipt"],
    "receipt_schema": SERVICE["receipt_schema"],
}

HELD = N_(
    "The new file is not online; the one before it stays there. If it is right as it is, tell those who "
    "publish it."
)
UNSAID = N_("The file online stays as it was.")  # where there are no words for a reason

# Guards that say nothing of the file itself.
_OPERATORS_GUARDS = regex("guard_(?:fault|brake|schema_(?!new$).*)")

_OPERATORS_WORDS = regex(
    r"`|SYNCD_|--|\bmanifeste?\b|\blog\b|\bjournal\b|^limite?\s*:?\s*(?:0|\{limit\}\s*%)\.$", re.I
)
_CLAUSE = regex(r"(?<=[.;])\s+")


def _voice(*pairs: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(found, re.I), said) for found, said in pairs)


# To operators -> to the producer, who asks nobody.
_VOICES = {
    "en": _voice(
        (", or ask the producer", ""),
        ("tell the producer at once", "please look at it at once"),
        ("ask the producer what it is, or for ", "please say what it is, or deposit "),
        ("ask the producer for utf-8", "please deposit it in UTF-8"),
        ("ask (?:the|its) producer to ", "please "),
        ("ask (?:the|its) producer whether ", "please check whether "),
        ("ask (?:the|its) producer for ", "please deposit "),
        ("ask (?:the|its) producer ", "please say "),
    ),
    "fr": _voice(
        (", ou demandez au producteur", ""),
        ("prévenez tout de suite le producteur", "merci de regarder cela tout de suite"),
        (
            "demandez au producteur (ce que c’est), ou ",
            r"merci de dire \1, ou de déposer ",
        ),
        ("demandez (?:au|à son) producteur (?=de |d’)", "merci "),
        ("demandez (?:au|à son) producteur (?=si |s’)", "merci de vérifier "),
        ("demandez (?:au|à son) producteur (?=ce )", "merci de dire "),
        ("demandez (?:au|à son) producteur ", "merci de déposer "),
    ),
}


def reaches_producers(code: str) -> bool:
    """Whether a dataset's contact is told of it."""
    if code.startswith("guard_"):
        return not _OPERATORS_GUARDS.fullmatch(code)
    return code in PRODUCERS


def template(code: str) -> str:
    """What is said to a producer, not yet translated."""
    return PRODUCERS.get(code) or GUARDS.get(code) or UNSAID


def in_their_voice(said: str, language: str) -> str:
    """A translated template as the producer is told; "" where nothing is left of it."""
    for found, instead in _VOICES[language]:
        said = found.sub(partial(_as_begun, instead), said)
    clauses = [one for one in _CLAUSE.split(said) if not _OPERATORS_WORDS.search(one)]
    return re.sub(r"\s*;$", ".", " ".join(clauses))


def _as_begun(instead: str, found: re.Match[str]) -> str:
    said = found.expand(instead)
    return said[:1].upper() + said[1:] if found[0][:1].isupper() else said
