"""What the guards say of small files, good and bad, of every format that they know."""

from __future__ import annotations

import functools
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from syncd import guards
from syncd.core.reasons import Reason
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.builders import digest, exactly, version
from tests.support.corpus import IBAN, NIR, Sample, corpus
from tests.support.shared_reader import looked_into

CORPUS = corpus()
ACCEPTED = frozenset(
    {"csv", "tsv", "gz", "zip", "json", "jsonl", "geojson", "xml", "html", "xlsx", "xls", "ods"}
    | {"parquet", "dbf", "txt"}
)


@functools.cache
def read(sample: Sample) -> tuple[int, Profile]:
    """Size and profile. Some are large, and some are read in a process of their own: only once."""
    content = sample.content
    return len(content), profile(sample.name, content)


def profile(name: str, content: bytes) -> Profile:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.spool"
        file.write_bytes(content)
        return looked_into(file, name)


def findings(sample: Sample) -> guards.Findings:
    before = None if sample.before is None else profile(sample.name, sample.before)
    size, found = read(sample)
    kept = None if before is None else Profile.from_json(before.to_json())
    case = guards.CheckInput(
        version=version(sample.name),
        digest=digest("x", size),
        rule=exactly(sample.name),
        online=None,
        published=None,
        accepted=ACCEPTED,
        found=found,
        before=kept,
    )
    return guards.judge(case, GuardPolicy({}))


def codes(reasons: tuple[Reason, ...]) -> frozenset[str]:
    return frozenset(reason.code for reason in reasons)


def test_the_corpus_is_large_and_has_both_kinds() -> None:
    held = [sample for sample in CORPUS if sample.held]
    assert len(CORPUS) >= 100
    assert len(held) >= 40
    assert len({(sample.label, sample.before is None) for sample in CORPUS}) == len(CORPUS)


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.label)
def test_each_file_gets_the_finding_that_it_deserves_and_no_other(sample: Sample) -> None:
    found = findings(sample)
    assert (codes(found.held), codes(found.warned)) == (sample.held, sample.warned)
    assert found.faults == ()


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.label)
def test_no_number_or_address_of_a_person_is_kept_or_said(sample: Sample) -> None:
    found = findings(sample)
    said = [str(dict(reason.facts)) for reason in (*found.held, *found.warned)]
    kept = read(sample)[1].to_json()
    for secret in (NIR, NIR[:5], IBAN, "FR76", "@", "01 42", "0611", "Dupont"):
        assert not [text for text in (*said, kept) if secret in text]


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: sample.label)
def test_a_profile_comes_back_from_the_ledger_as_it_was(sample: Sample) -> None:
    _, made = read(sample)
    assert Profile.from_json(made.to_json()) == made
