"""What the audit says: findings, and their order by the easiest gain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from syncd.core.reasons import Reason


class Rating(StrEnum):
    """How a criterion is met; the words of the JSON document."""

    OK = "ok"
    IMPROVE = "improve"
    PROBLEM = "problem"
    UNKNOWN = "unknown"

    @property
    def is_open(self) -> bool:
        """Whether there is something to do."""
        return self in {Rating.IMPROVE, Rating.PROBLEM}


class Effort(IntEnum):
    """What it takes to meet a criterion, the least first."""

    CHOICE = 1  # one choice in a form
    WORDS = 2  # some words in a form
    ASK = 3  # somebody must be asked
    WORK = 4  # on the files themselves, or on a text about them


EFFORTS: Mapping[str, Effort] = {
    # The order of this table breaks ties.
    "license": Effort.CHOICE,
    "update_frequency": Effort.CHOICE,
    "frequency": Effort.CHOICE,
    "public": Effort.CHOICE,
    "category_tags": Effort.CHOICE,
    "spatial": Effort.CHOICE,
    "temporal_coverage": Effort.WORDS,
    "description_short": Effort.WORDS,
    "tags": Effort.WORDS,
    "resource_title": Effort.WORDS,
    "resource_description": Effort.WORDS,
    "dataset_description_quality": Effort.WORDS,
    "portal": Effort.ASK,
    "file_year": Effort.ASK,
    "same_bytes": Effort.ASK,
    "resource": Effort.ASK,
    "update_fulfilled_in_time": Effort.ASK,
    "all_resources_available": Effort.ASK,
    "file_name": Effort.ASK,
    "resources_documentation": Effort.WORK,
    "has_open_format": Effort.WORK,
    "preview": Effort.WORK,
    "column_names": Effort.WORK,
}
# The portal's own nine criteria, each a ninth of the score that it shows.
SCORED = frozenset(
    {"license", "temporal_coverage", "spatial", "update_frequency", "update_fulfilled_in_time"}
    | {"dataset_description_quality", "has_open_format", "all_resources_available"}
    | {"resources_documentation"}
)
_PLACES = {criterion: place for place, criterion in enumerate(EFFORTS)}
_ORDER = (Rating.IMPROVE, Rating.PROBLEM, Rating.UNKNOWN, Rating.OK)


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion, of a dataset or of one of its resources."""

    criterion: str
    status: Rating
    reason: Reason
    resource: str = ""  # its id; "" = the dataset's own
    title: str = ""  # the resource's
    link: str = ""  # where it is put right

    @property
    def effort(self) -> Effort:
        return EFFORTS[self.criterion]

    @property
    def is_scored(self) -> bool:
        return self.criterion in SCORED


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What is to be done first, first; then what is not known, then what is well.

    The least effort first; of equal ones, what also counts in the portal's score.
    """

    def place(one: Finding) -> tuple[int, ...]:
        if one.status.is_open:
            return (0, one.effort, not one.is_scored, _PLACES[one.criterion])
        return (_ORDER.index(one.status), _PLACES[one.criterion])

    return tuple(sorted(findings, key=place))
