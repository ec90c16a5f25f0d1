"""The benchmark's own arithmetic: tables, verdicts, and the page that keeps the results."""

from __future__ import annotations

import pytest

from benchmarks import results
from benchmarks.__main__ import chosen
from benchmarks.contest import Contender, ratio, seconds, take_turns
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.many import most_at_once
from benchmarks.options import MIB
from benchmarks.publication import Publisher, steps_of
from benchmarks.publication_promises import faithful, memory
from benchmarks.section import Promise, Section, Verdict, at_least, at_most, holds, table

ORDER = ["publish", "parts", "idle"]


def section(verdict: Verdict = Verdict.KEPT, block: str = "Text.") -> Section:
    return Section("a title", [block], [Promise("fast", "1.00", verdict)])


def page(**sections: Section) -> str:
    text = ""
    for name, one in sections.items():
        text = results.replaced(text, name, results.as_text(name, one, "Monday."), ORDER)
    return text


@pytest.mark.parametrize(
    ("named", "million", "expected"),
    [
        ([], False, ["publish", "parts", "idle", "many", "start", "memory"]),
        ([], True, ["publish", "parts", "idle", "million", "many", "start", "memory"]),
        (["start", "a'"], False, ["parts", "start"]),
        (["million"], False, ["million"]),
        (["d"], True, ["million", "start"]),
    ],
)
def test_parts_are_chosen_by_name_or_letter_and_a_million_on_request(
    named: list[str], million: bool, expected: list[str]
) -> None:
    assert [part.name for part in chosen(named, million=million)] == expected


def test_a_table_has_its_words_on_the_left_and_its_numbers_on_the_right() -> None:
    assert table(["", "s"], [["curl", "3.5"], ["syncd"]]) == (
        "| | s |\n| --- | ---: |\n| curl | 3.5 |\n| syncd | |"
    )


@pytest.mark.parametrize(
    ("promise", "verdict"),
    [
        (at_most("", 1.3, 1.3), Verdict.KEPT),
        (at_most("", 1.31, 1.3), Verdict.NOT_KEPT),
        (at_most("", 0, 0), Verdict.KEPT),
        (at_most("", None, 1.3), Verdict.NOT_MEASURED),
        (at_most("", 9.0, 1.3, judged=False), Verdict.NOT_JUDGED),
        (at_most("", None, 1.3, judged=False), Verdict.NOT_MEASURED),
        (at_least("", 10, 10), Verdict.KEPT),
        (at_least("", 9.99, 10), Verdict.NOT_KEPT),
        (holds("", said=True), Verdict.KEPT),
        (holds("", said=False), Verdict.NOT_KEPT),
        (holds("", said=None), Verdict.NOT_MEASURED),
    ],
)
def test_a_figure_is_judged_against_its_promise(promise: Promise, verdict: Verdict) -> None:
    assert promise.verdict is verdict


@pytest.mark.parametrize(
    ("verdict", "kept"),
    [
        (Verdict.KEPT, True),
        (Verdict.NOT_JUDGED, True),
        (Verdict.NOT_KEPT, False),
        (Verdict.NOT_MEASURED, False),
    ],
)
def test_a_promise_that_was_not_measured_counts_as_broken(verdict: Verdict, kept: bool) -> None:
    assert section(verdict).kept is kept


def test_a_part_that_is_measured_anew_replaces_its_own_section_alone() -> None:
    before = page(idle=section(), publish=section(block="Old."), parts=section())
    new = results.as_text("publish", section(block="New."), "Tuesday.")
    after = results.replaced(before, "publish", new, ORDER)
    old, fresh = results.sections_of(before), results.sections_of(after)
    assert list(fresh) == ORDER
    assert "New." in fresh["publish"]
    assert "Tuesday." in fresh["publish"]
    assert "Old." not in after
    assert [fresh[name].strip() for name in ("parts", "idle")] == [
        old[name].strip() for name in ("parts", "idle")
    ]


def test_replacing_a_section_by_itself_changes_nothing() -> None:
    before = page(publish=section(), idle=section(block="### objects: 1 000\n\nText."))
    same = results.sections_of(before)["idle"]
    assert results.replaced(before, "idle", same, ORDER) == before


def test_a_page_of_another_kind_is_begun_afresh() -> None:
    text = results.as_text("idle", section(), "Monday.")
    started = results.replaced("", "idle", text, ORDER)
    assert results.replaced("# An older page\n\n## gone: a part\n", "idle", text, ORDER) == started


def test_the_page_counts_its_promises_at_the_top() -> None:
    others = table(["", "the title"], [["syncd", "kept"]], words=(0, 1))
    text = page(publish=section(block=others), idle=section(), parts=section(Verdict.NOT_KEPT))
    assert "Promises: 2 kept, 1 **not kept**.\n" in text


def test_the_shown_figure_is_the_median_and_the_spread() -> None:
    costs = [Cost(3.0), Cost(1.0), Cost(2.0)]
    assert seconds(Contender("", Cost, costs)) == "2.0 (1.0 to 3.0)"
    assert ratio(Contender("", Cost, costs), Contender("", Cost, [Cost(4.0)])) == 0.5


def test_contenders_take_turns_and_the_first_one_changes() -> None:
    seen = ""

    def contender(name: str) -> Contender:
        def run() -> Cost:
            nonlocal seen
            seen += name
            return Cost(1.0)

        return Contender(name, run)

    take_turns([contender("a"), contender("b"), contender("c")], 3)
    assert seen == "abcbcacab"


def test_one_failed_run_makes_a_contender_not_measured_and_the_others_go_on() -> None:
    results_of_broken = iter([Cost(1.0)])

    def broken() -> Cost:
        for cost in results_of_broken:
            return cost
        raise Unavailable("it fell over")

    one, other = Contender("one", broken), Contender("other", lambda: Cost(1.0))
    take_turns([one, other], 2)
    assert one.median is None
    assert one.peak is None
    assert seconds(one) == "not measured: it fell over"
    assert len(other.costs) == 2
    assert ratio(one, other) is None


def test_a_command_that_ends_otherwise_than_it_should_is_not_measured() -> None:
    with pytest.raises(Unavailable, match="it failed: out of order"):
        cost_of(["sh", "-c", "echo out of order >&2; exit 3"])
    assert cost_of(["sh", "-c", "cat; exit 3"], given="read", code=3).said == "read"


def test_requests_that_follow_each_other_are_not_at_once() -> None:
    assert most_at_once([]) == 0
    assert most_at_once([(0, 1), (1, 2), (2, 3)]) == 1
    assert most_at_once([(0, 3), (1, 2), (1.5, 4), (3, 5)]) == 3


def test_the_steps_of_an_upload_are_read_from_the_log() -> None:
    log = (
        '{"event": "publication.begun", "timestamp": "2026-01-01T12:00:00Z"}\n'
        '{"event": "upload.parts_sent", "timestamp": "2026-01-01T12:00:00.5Z"}\n'
        "not of the log\n"
        '{"event": "publication.stored", "timestamp": "2026-01-01T12:00:03Z"}\n'
    )
    assert steps_of(log) == {"upload": 3.0, "last": 2.5}
    assert steps_of(log.replace("publication.stored", "other")) == {}
    assert steps_of("") == {}


def test_a_step_that_one_run_does_not_tell_is_not_shown() -> None:
    told, silent = Cost(steps={"last": 2.0}), Cost()
    assert Contender("", Cost, [told, told]).step("last") == 2.0
    assert Contender("", Cost, [told, silent]).step("last") is None


def publisher(peak: int, right: bool = True, trouble: str = "") -> Publisher:
    costs = [Cost(peak=peak * MIB)]
    return Publisher("", Cost, costs, trouble, same_bytes=[right, True], title_kept=[True])


def test_the_worst_publication_is_what_memory_and_bytes_are_judged_by() -> None:
    good, large, wrong = publisher(100), publisher(151), publisher(100, right=False)
    assert memory(good, good).verdict is Verdict.KEPT
    assert memory(large, good).verdict is Verdict.NOT_KEPT
    assert [one.verdict for one in faithful(good, good)] == [Verdict.KEPT] * 2
    assert [one.verdict for one in faithful(wrong, good)] == [Verdict.NOT_KEPT, Verdict.KEPT]


def test_a_publication_that_failed_once_leaves_nothing_to_judge() -> None:
    failed = publisher(100, trouble="it fell over")
    assert memory(publisher(100), failed).verdict is Verdict.NOT_MEASURED
    assert {one.verdict for one in faithful(failed)} == {Verdict.NOT_MEASURED}
