"""What would make a dataset better, and whether it can be found: values in, findings out. Pure.

Findings are codes and facts; `syncd.text` has the sentences. Nothing here, nor in what reads
for it, ever writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from syncd.audit import files, page, punctuality, visibility
from syncd.audit.findings import EFFORTS, SCORED, Effort, Finding, Rating, ranked
from syncd.audit.subject import Known, Mapped, Subject, subject_of
from syncd.audit.visibility import Visibility, Visible
from syncd.core.catalogue import ThematicSite
from syncd.core.reasons import Reason
from syncd.core.results import FAILED, OK

Listed = Mapping[ThematicSite, frozenset[str] | Reason]


@dataclass(frozen=True, slots=True)
class Audited:
    """One dataset of the manifest. `failed`: why it could not be looked at, or not wholly."""

    dataset: str  # its id as far as it is known
    title: str
    link: str
    score: float | None  # the portal's, 0..1
    findings: tuple[Finding, ...]  # ranked
    thematic: tuple[Visibility, ...] = ()
    failed: Reason | None = None

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is to be done, the easiest first."""
        return tuple(one for one in self.findings if one.status.is_open)

    @property
    def first(self) -> tuple[Finding, ...]:
        """What is shown first: what is to be done, else why nothing is known."""
        return self.open or tuple(one for one in self.findings if one.reason == self.failed)

    @property
    def unknown(self) -> tuple[Finding, ...]:
        """What is not known, of a dataset that was looked at."""
        if self.failed is not None:
            return ()
        return tuple(one for one in self.findings if one.status is Rating.UNKNOWN)

    @property
    def sites(self) -> tuple[Visibility, ...]:
        """Where it can be found; of what failed it was said."""
        return self.thematic if self.score is not None else ()

    @property
    def missing_from(self) -> tuple[str, ...]:
        """The sites where it cannot be found, and somebody must be asked."""
        return tuple(one.site.name for one in self.thematic if one.visible is Visible.NO)


@dataclass(frozen=True, slots=True)
class Audit:
    datasets: tuple[Audited, ...]

    @property
    def exit_code(self) -> int:
        """Advice changes nothing; what could not be looked at does."""
        return FAILED if any(one.failed for one in self.datasets) else OK


def evaluate(subject: Subject, listed: Listed) -> Audited:
    """One dataset, by every criterion."""
    entry, sites = subject.entry, tuple(listed)
    findings: Iterable[Finding] = (
        *page.findings(subject, sites),
        punctuality.finding(subject),
        *files.findings(subject),
    )
    thematic = tuple(
        visibility.visibility_on(entry, site, listed[site], subject.asked_at) for site in sites
    )
    unread = next((ids for ids in listed.values() if isinstance(ids, Reason)), None)
    return Audited(
        dataset=entry.id,
        title=entry.title,
        link=entry.page,
        score=entry.score,
        findings=ranked(one if one.link else replace(one, link=subject.edit) for one in findings),
        thematic=thematic,
        failed=unread,
    )


def failure(dataset: str, title: str, edit: str, why: Reason, sites: Listed) -> Audited:
    """A dataset that the portal did not show."""
    finding = Finding("portal", Rating.UNKNOWN, why, link=edit)
    unseen = tuple(Visibility(site, Visible.UNKNOWN, why) for site in sites)
    return Audited(dataset, title, edit, None, (finding,), unseen, why)


def first_things_first(datasets: Iterable[Audited]) -> Audit:
    """The dataset with the easiest gain first; those with nothing to do last."""

    def place(one: Audited) -> tuple[float, ...]:
        steps = [finding.effort for finding in one.open]
        steps += [Effort.ASK for _ in one.missing_from]
        if not steps:
            return (2,) if one.failed else (3,)
        easiest = min(steps)
        score = one.score if one.score is not None else 1
        return (1, easiest, -steps.count(easiest), score)

    return Audit(tuple(sorted(datasets, key=place)))


__all__ = [
    "EFFORTS",
    "SCORED",
    "Audit",
    "Audited",
    "Effort",
    "Finding",
    "Known",
    "Listed",
    "Mapped",
    "Rating",
    "Subject",
    "Visibility",
    "Visible",
    "evaluate",
    "failure",
    "first_things_first",
    "subject_of",
]
