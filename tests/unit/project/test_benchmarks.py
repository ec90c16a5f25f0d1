"""The benchmark's own arithmetic: tables, verdicts, and the page that keeps the results."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from benchmarks import against, capacity, machine, program, promises, results
from benchmarks.__main__ import chosen
from benchmarks.against import Other, Pair
from benchmarks.contest import Contender, cpu_ratio, ratio, seconds, take_turns
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.counted import figures as counts
from benchmarks.large_file import Rows
from benchmarks.many import most_at_once
from benchmarks.options import MIB
from benchmarks.promises import Limit
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
    ("named", "expected"),
    [
        ([], "publish parts idle million scale many workers start manifest memory"),
        (["start", "a'"], "parts start"),
        (["million"], "million"),
        (["d", "b'"], "million start"),
    ],
)
def test_parts_are_chosen_by_name_or_letter(named: list[str], expected: str) -> None:
    assert [part.name for part in chosen(named)] == expected.split()


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


def test_a_contender_that_takes_long_has_fewer_turns() -> None:
    quick, slow = Contender("", lambda: Cost(1.0)), Contender("", lambda: Cost(9.0), turns=1)
    take_turns([quick, slow], 3)
    assert [len(quick.costs), len(slow.costs)] == [3, 1]


def test_processor_time_is_compared_by_its_medians() -> None:
    ours = Contender("", Cost, [Cost(cpu=1.0), Cost(cpu=3.0), Cost(cpu=2.0)])
    assert cpu_ratio(ours, Contender("", Cost, [Cost(cpu=4.0)])) == 0.5
    assert cpu_ratio(ours, Contender("", Cost, [Cost(cpu=0.0)])) is None
    assert cpu_ratio(ours, Contender("", Cost)) is None


def test_every_limit_has_a_title_and_stands_on_a_line_of_its_own() -> None:
    limits = {name: one for name, one in vars(promises).items() if isinstance(one, Limit)}
    lines = Path(promises.__file__).read_text("utf-8").splitlines()
    assert {
        name: sum(line.startswith(f"{name} = Limit(") for line in lines) for name in limits
    } == (dict.fromkeys(limits, 1))
    assert all(one.title for one in limits.values())


def test_a_promise_says_its_limit_and_what_was_measured_in_one_unit() -> None:
    ceiling, floor = Limit("time", 1.2, "times"), Limit("faster", 16, "times", least=True)
    assert ceiling.judge(1.25, "1 GiB") == Promise(
        "1 GiB: time: at most 1.2 times", "1.25 times", Verdict.NOT_KEPT
    )
    assert floor.judge(17.0) == Promise("faster: at least 16 times", "17.00 times", Verdict.KEPT)
    assert floor.judge(None).verdict is Verdict.NOT_MEASURED


def test_figures_are_kept_with_the_section_that_they_are_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "PATH", tmp_path / "RESULTS.md")
    monkeypatch.setattr(results, "FIGURES", tmp_path / "figures.json")
    idle = Section("t", [], [], {"1000": {"cpu": 0.1}})
    results.keep("idle", idle, results.as_text("idle", idle, "Monday."), ORDER)
    results.keep("parts", section(), results.as_text("parts", section(), "Monday."), ORDER)
    assert results.figures() == {"idle": {"1000": {"cpu": 0.1}}}
    assert list(results.sections_of(results.PATH.read_text("utf-8"))) == ["parts", "idle"]


# -- two revisions -------------------------------------------------------------------------------


def test_two_revisions_take_turns_at_syncds_work_and_the_others_are_left_out() -> None:
    other = Other("this beside that", here="A", there="B")
    seen = []

    def ours() -> Cost:
        seen.append(program.python())
        return Cost(1.0, cpu={"A": 2.0, "B": 1.0}[program.python()])

    def measure() -> None:
        take_turns([Contender("work", ours, ours=True), Contender("peer", unwanted)], 9)

    (pair,) = against.measured(measure, other, 3)
    assert "".join(seen) == "AB" + "ABABAB"  # the first of each is not counted
    assert pair.turns == [(1.0, 2.0)] * 3
    assert pair.verdict == "**SLOWER**"
    assert against.shown([pair]).splitlines()[-1] == (
        "| work | 1.00 / 1.00 | 2.00 / 1.00 | 1.00 (1.00 to 1.00) | 2.00 (2.00 to 2.00) "
        "| **SLOWER** |"
    )


def unwanted() -> Cost:
    raise AssertionError("what is not syncd is not asked")


@pytest.mark.parametrize(
    ("cpu", "verdict"),
    [
        ([1.03, 1.2, 1.05], "**SLOWER**"),
        ([1.01, 1.2, 1.05], "no difference seen"),
        ([0.99, 0.7, 0.8], "no difference seen"),
        ([0.97, 0.7, 0.8], "faster"),
        ([1.5, 1.5], "too few turns to tell"),
    ],
)
def test_a_revision_is_called_slower_when_it_was_so_in_every_turn(
    cpu: list[float], verdict: str
) -> None:
    nobody = Contender("", Cost)
    assert Pair(nobody, nobody, [(1.0, one) for one in cpu]).verdict == verdict


def test_work_that_a_revision_cannot_do_is_not_compared() -> None:
    def ours() -> Cost:
        if program.python() == "B":
            raise Unavailable("no such command")
        return Cost(1.0, cpu=1.0)

    (pair,) = against.measured(
        lambda: take_turns([Contender("work", ours, ours=True)], 1), Other("", "A", "B"), 3
    )
    assert pair.verdict == "not measured: no such command"


# -- instructions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counted", "figure", "verdict", "passed"),
    [
        (1049, 1000, counts.Verdict.SAME, True),
        (1051, 1000, counts.Verdict.SLOWER, False),
        (951, 1000, counts.Verdict.SAME, True),
        (949, 1000, counts.Verdict.FASTER, True),
        (1000, None, counts.Verdict.UNKNOWN, False),
    ],
)
def test_a_count_is_held_to_its_figure_within_five_per_cent(
    counted: int, figure: int | None, verdict: counts.Verdict, passed: bool
) -> None:
    one = counts.Compared("idle", counted, figure)
    assert (one.verdict, one.passed) == (verdict, passed)
    assert str(verdict) in one.line


def test_figures_of_other_pythons_and_of_jobs_that_were_not_counted_stay(tmp_path: Path) -> None:
    path = tmp_path / "counts.json"
    counts.write(path, "Python 3.11", {"idle": 1, "status": 2})
    counts.write(path, "Python 3.13", {"idle": 3})
    counts.write(path, "Python 3.11", {"idle": 4})
    assert counts.read(path, "Python 3.11") == {"idle": 4, "status": 2}
    assert counts.read(path, "Python 3.13") == {"idle": 3}
    assert counts.read(path, "Python 3.14") == {}


def test_every_counted_job_has_a_figure_for_the_python_of_the_image() -> None:
    known = json.loads(counts.PATH.read_text("utf-8"))
    jobs = {"idle", "publication", "status", "sync"}
    assert {job for figures in known.values() for job in figures} == jobs


# -- docs/performance.md -------------------------------------------------------------------------


def test_the_page_shows_what_the_figures_give() -> None:
    page = capacity.PAGE.read_text("utf-8")
    assert capacity.text(results.figures()) in page
    assert capacity.replaced(page, results.figures()) == page


def test_what_a_ministry_needs_is_reckoned_from_what_was_measured() -> None:
    listed = {"targets": 1000, "datasets": 100, "cpu": 0.5, "mib": 100, "entry_bytes": 300}
    known = {
        "idle": {"10000": listed},
        "many": {"cpu_ms": 10, "requests": 4},
        "publish": {"cpu": 4},
    }
    rows = {row[0]: row[1:] for row in capacity.rows(known)}
    # 96 rounds of 0.5 s, 50 files at 10 ms, 250 MB at 4 s a GiB: 49.4 s of 86 400.
    assert rows["10 000"] == [
        *("1 000", "100", "50", "0,50", "49 s", "0,06 %", "100"),
        *("538 Mo", "250 Mo", "300"),
    ]
    assert rows["1 000 000"] == [capacity.UNKNOWN]
    assert {len(row) for row in capacity.rows({})} == {2}


@pytest.mark.parametrize("size", [2_000_000, 2_000_001, 2_000_037, 2_097_152])
def test_the_large_file_has_its_size_and_whole_rows_alone(size: int) -> None:
    rows = Rows(size)
    body = b"".join(iter(lambda: rows.read(262_144), b""))
    assert len(body) == size
    assert body.endswith(b"\n")
    assert {line.count(b",") for line in body.splitlines()} == {2}
    assert rows.sha1.hexdigest() == hashlib.sha1(body).hexdigest()


@pytest.mark.parametrize(
    ("busy", "stolen", "said"),
    [
        (0.05, 0.01, ""),
        (0.5, 0.0, "Before or after, 50% of its processors were at work for others"),
        (0.0, 0.1, "Its host took 10% of its processors away"),
    ],
)
def test_a_machine_that_others_use_is_reported_with_the_figures(
    busy: float, stolen: float, said: str
) -> None:
    told = machine.warning(busy, stolen)
    assert told == (f" **{said}: the seconds say little.**" if said else "")


def test_a_program_that_is_changed_while_it_is_measured_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    (tmp_path / "syncd").mkdir()
    file = tmp_path / "syncd" / "core.py"
    file.write_text("a = 1\n", "utf-8")
    before = machine.source()
    assert machine.source() == before
    file.write_text("a = 10\n", "utf-8")
    assert machine.source() != before


def test_what_is_measured_runs_without_settings_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign = ("SYNCD_LANG", "AWS_PROFILE", "PYTHONDONTWRITEBYTECODE", "https_proxy")
    for name in foreign:
        monkeypatch.setenv(name, "1")
    names = cost_of(["env"], {"SYNCD_LOG_LEVEL": "error"}).said
    assert [name for name in foreign if f"{name}=" in names] == []
    assert "SYNCD_LOG_LEVEL=error" in names
