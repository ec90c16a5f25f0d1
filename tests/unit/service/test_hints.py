"""When hinted datasets are looked at, and how often: on a clock that only the test moves."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.adapters.events.forms import Deposit
from syncd.config.manifest import loads
from syncd.core.errors import LedgerError
from syncd.service.hints import APART, SOON, Hints, Wanted, Windows, claimed_by
from syncd.sync.whole_manifest import WholeManifest
from tests.support.examples import examples
from tests.support.manifest_builders import GOOD

MUSEUMS, FESTIVALS = "5d2c4f6e8b4c4110c5a1b2c3", "festivals"


def looks(windows: Windows, until: float) -> list[tuple[float, str]]:
    """Everything that becomes due by then, with its instant."""
    found = []
    while (at := windows.next_at) is not None and at <= until:
        found += [(at, dataset) for dataset in windows.take(at)]
    return found


# -- when ------------------------------------------------------------------------------------


def test_a_hint_is_one_look_soon() -> None:
    windows = Windows()
    windows.hint("a", 0.0, now=100.0)
    assert looks(windows, 1000.0) == [(100.0 + SOON, "a")]


def test_it_waits_until_the_object_has_settled() -> None:
    windows = Windows()
    windows.hint("a", 120.0, now=100.0)
    assert looks(windows, 1000.0) == [(220.0 + SOON, "a")]


def test_hints_of_one_window_are_one_look() -> None:
    windows = Windows()
    for at in range(10):
        windows.hint("a", 0.0, now=100.0 + at / 10)
    assert looks(windows, 1000.0) == [(100.0 + SOON, "a")]


def test_the_next_look_keeps_its_distance() -> None:
    windows = Windows()
    windows.hint("a", 0.0, now=100.0)
    assert looks(windows, 102.0) == [(101.0, "a")]
    windows.hint("a", 0.0, now=102.0)
    assert looks(windows, 1000.0) == [(101.0 + APART, "a")]


def test_an_object_that_was_still_settling_then_is_looked_at_again() -> None:
    windows = Windows()
    windows.hint("a", 60.0, now=0.0)
    windows.hint("a", 60.0, now=59.0)  # after the look it is 2 seconds old
    assert looks(windows, 1000.0) == [(60.0 + SOON, "a"), (120.0 + SOON, "a")]


def test_one_that_the_servers_clock_has_too_young_is_looked_at_again() -> None:
    windows = Windows()
    windows.hint("a", 30.0, now=0.0)
    assert looks(windows, 31.0) == [(31.0, "a")]
    windows.unsettled("a", now=31.5)
    assert looks(windows, 100.0) == [(61.0, "a")]
    windows.unsettled("a", now=200.0)  # a clock that is wrong for good does not keep it busy
    windows.unsettled("b", now=200.0)  # of which nobody told anything
    assert looks(windows, 1000.0) == []


def test_a_flood_for_a_minute_is_a_handful_of_looks() -> None:
    windows, found = Windows(), []
    for number in range(100_000):
        at = 60.0 * number / 100_000
        windows.hint(f"d{number % 10}", 0.0, at)
        found += looks(windows, at)
    found += looks(windows, 1000.0)
    assert {dataset: sum(one == dataset for _, one in found) for _, dataset in found} == {
        f"d{number}": 5 for number in range(10)
    }


def test_another_targets_settle_makes_no_look_late() -> None:
    windows = Windows()
    windows.hint("a", 7200.0, now=0.0)
    windows.hint("a", 0.0, now=1.0)
    assert looks(windows, DAY) == [(1.0 + SOON, "a"), (7200.0 + SOON, "a")]


def test_another_targets_settle_leaves_no_look_out() -> None:
    windows = Windows()
    windows.hint("a", 0.0, now=0.0)
    windows.hint("a", 600.0, now=0.3)
    windows.hint("a", 0.0, now=0.6)
    assert looks(windows, 100.0) == [(SOON, "a")]
    windows.unsettled("a", now=1.5)  # it is, and the look at it is planned
    assert looks(windows, DAY) == [(600.3 + SOON, "a")]


DAY = 86_400.0
Events = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 5.0, 60.0, 250.0]), st.floats(0, 300)),
    max_size=30,
)


@settings(max_examples=examples(300))
@given(Events, st.booleans())
def test_every_hint_is_followed_by_a_look_that_sees_it_and_looks_are_few(
    events: list[tuple[str, float, float]], is_ahead: bool
) -> None:
    """In whatever order. `is_ahead`: by the server's clock there is always one too young."""
    windows, found = Windows(), []

    def pass_time(until: float) -> None:
        while (at := windows.next_at) is not None and at <= until:
            taken = windows.take(at)
            assert taken  # nobody is woken for nothing
            for dataset in taken:
                found.append((at, dataset))
                if is_ahead:
                    windows.unsettled(dataset, at)

    for dataset, settle, at in sorted(events, key=lambda one: one[2]):
        pass_time(at)
        windows.hint(dataset, settle, at)
    pass_time(DAY)
    assert windows.waiting == []
    most: Counter[str] = Counter()
    for dataset, settle in {(dataset, settle) for dataset, settle, _ in events}:
        told = [at for one, of, at in events if (one, of) == (dataset, settle)]
        window = max(settle, APART)
        for at in told:
            seen = min(when for when, one in found if one == dataset and when >= at + settle)
            assert seen <= at + settle + SOON + window + 1e-6
        again = settle + 120.0 if is_ahead and settle else 0.0
        most[dataset] += 2 + int((max(told) - min(told) + again) / window)
    for dataset in most:
        instants = [at for at, one in found if one == dataset]
        assert len(instants) <= most[dataset]
        assert all(later - sooner >= APART - 1e-6 for sooner, later in pairwise(instants))


# -- whose -----------------------------------------------------------------------------------

MANIFEST = loads(
    GOOD.replace(
        "defaults:",
        "  voisin: {endpoint: https://s3.example.fr, bucket: voisin}\n"
        "  ailleurs: {endpoint: https://s3.example.org, bucket: ailleurs}\n"
        "defaults:\n  settle: 10s",
    )
    + "  - dataset: voisins\n    source: voisin\n    settle: 1m\n    resources:\n"
    "      - resource: 1f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b12\n        object: musees/liste.csv\n"
    "  - dataset: dormants\n    paused: travaux\n    resources:\n"
    "      - resource: 2f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b12\n        object: dort.csv\n",
    "m.yaml",
)
WHOLE = WholeManifest(MANIFEST.datasets)


def claimed(bucket: str, *keys: str, source: str = "depot") -> set[Wanted]:
    return claimed_by(WHOLE, MANIFEST.sources, source, Deposit(bucket, keys))


def test_a_key_is_for_the_datasets_whose_targets_may_mean_it() -> None:
    assert claimed("opendata", "musees/liste.csv") == {(MUSEUMS, 10.0)}
    assert claimed("opendata", "exports/liste_2026.csv") == {(MUSEUMS, 10.0)}
    assert claimed("opendata", "festivals%2Ff_2026.csv", "festivals/f_2026.csv") == {
        (FESTIVALS, 10)
    }
    assert claimed("opendata", "autre.csv") == set()
    assert claimed("opendata", "exports/.liste_x.csv") == set()
    assert claimed("opendata", "dort.csv") == set()


def test_what_the_same_server_tells_of_another_bucket_counts_and_others_do_not() -> None:
    assert claimed("voisin", "musees/liste.csv") == {("voisins", 60.0)}
    assert claimed("ailleurs", "musees/liste.csv") == set()
    assert claimed("opendata", "musees/liste.csv", source="ailleurs") == set()


# -- in its thread ---------------------------------------------------------------------------


def test_datasets_are_asked_for_together_and_again_where_they_could_not_be() -> None:
    asked: list[list[str]] = []
    done = threading.Event()
    seconds = itertools.count(0, 10)  # so that nothing is waited for

    def look(datasets: list[str]) -> None:
        asked.append(sorted(datasets))
        if len(asked) == 1:
            raise LedgerError("ledger_database_away", where="x", detail="y")
        done.set()

    hints = Hints(look, clock=lambda: float(next(seconds)))
    hints.give({("a", 0.0), ("b", 0.0)})
    assert done.wait(30)
    assert sorted(one for some in asked for one in some) == ["a", "a", "b", "b"]
    hints.stop()


def test_what_was_not_looked_at_is_left_at_the_end() -> None:
    hints = Hints(lambda _: None)
    hints.give({("a", 3600.0)})
    assert hints.stop() == ["a"]
    hints.give({("b", 0.0)})  # wakes nobody


def test_what_was_being_asked_for_at_the_end_is_left_too() -> None:
    is_asked, goes_on = threading.Event(), threading.Event()

    def look(_: list[str]) -> None:
        is_asked.set()
        goes_on.wait(30)
        raise LedgerError("ledger_database_away", where="x", detail="y")

    seconds = itertools.count(0, 10)
    hints = Hints(look, clock=lambda: float(next(seconds)))
    hints.give({("a", 0.0), ("b", 3600.0)})
    assert is_asked.wait(30)
    assert hints.stop() == ["a", "b"]
    goes_on.set()
