"""What syncd promises to cost: every limit, one line each. The sections measure and judge."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.section import Promise, at_least, at_most


@dataclass(frozen=True)
class Limit:
    """`unit` is said after the limit and the figure. `least`: a floor, not a ceiling."""

    title: str
    limit: float
    unit: str
    least: bool = False

    def judge(self, figure: float | None, about: str = "", *, judged: bool = True) -> Promise:
        """`figure`: None when it could not be measured. `about`: of what, where there are several.
        `judged`: the run is as large as promised."""
        compare, words = (at_least, "at least") if self.least else (at_most, "at most")
        title = ": ".join(filter(None, (about, self.title)))
        unit = f" {self.unit}" if self.unit else ""
        promised = f"{title}: {words} {self.limit:g}{unit}"
        shown = "{:.0f}" if self.unit in {"MiB", "in all"} else "{:.2f}"
        return compare(promised, figure, self.limit, shown + unit, judged=judged)


# An idle cycle of 100 000 objects, beside `rclone lsf` and boto3, which only list.
IDLE_WALL = Limit("a cycle's time beside rclone's listing", 1.0, "times")
IDLE_CPU = Limit("a cycle's CPU beside rclone's listing", 1.0, "times")
IDLE_BOTO3 = Limit("a cycle's time beside a bare boto3 listing", 0.7, "times")
SYNC_WALL = Limit("the whole `syncd sync` beside rclone's listing", 1.5, "times")
IDLE_PEAK = Limit("memory", 200, "MiB")
IDLE_REQUESTS = Limit("portal requests", 0, "in all")
# A round of 1 000 000 objects, 100 000 targets in 20 000 datasets.
ROUND_CPU = Limit("CPU of a round in which nothing changed", 30, "s")
ROUND_PEAK = Limit("memory", 300, "MiB")
# Commands, beside a small state.
# Beside libyaml: 0.6 s where it needs 0.14, as on the machine on which that was asked for.
MANIFEST_CPU = Limit("CPU of reading a manifest beside libyaml's", 4.3, "times")
HELP_WALL = Limit("`syncd --help`", 0.4, "s")
LOOK_WALL = Limit("of a small state", 0.3, "s")
# 1 GiB in one request, beside the two curls that only fetch and send it.
PUBLISH_WALL = Limit("time without guards beside the two curls'", 1.2, "times")
GUARDED_WALL = Limit("time with all guards beside the two curls'", 1.7, "times")
CLIENT_WALL = Limit("time without guards beside the portal's client with boto3", 1.0, "times")
# 1 GiB in parts.
PARTS_WALL = Limit("time beside curl's with the same parts", 1.0, "times")
# Every publication of a large file.
PUBLISH_PEAK = Limit("memory", 150, "MiB")
GROWTH = Limit("memory for four times the size", 1.1, "times")
# Many datasets on either engine; 10 000 that are due at once.
LOOK_CPU = Limit("CPU of a dataset that is looked at with those due in the same minute", 15, "ms")
CYCLE_CPU = Limit("CPU of a cycle in which nothing changed", 15, "ms")
PUT_WALL = Limit("time until 10 000 due datasets are in the queue", 10, "s")
# 500 changed files in 50 datasets, 50 ms before each answer of the portal.
MANY_FASTER = Limit("faster than a script that does one after the other", 16, "times", least=True)
MANY_CPU = Limit("CPU per replaced file", 7, "ms")
MANY_REQUESTS = Limit("portal requests per replaced file", 4, "")
MANY_IDLE = Limit("portal requests where nothing changed", 0, "in all")
