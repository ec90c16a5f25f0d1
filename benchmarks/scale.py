"""Many datasets, on both engines: a round, a service that has nothing to do, and the queue.

The round is that of `million`, smaller. The service is `syncd run`, with a manifest of as many
datasets as one file may have and none of them due. In the queue the work is nothing: what is left
is what it costs to put a job, to fetch it, to tell of it and to learn of it.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore

from benchmarks import large_bucket, machine, million, postgresql, processes, program, servers
from benchmarks import promises as limits
from benchmarks.contest import Contender, cpu_ratio, say, take_turns, times
from benchmarks.cost import Cost, Unavailable, cost_of
from benchmarks.idle import Scene, must_be_idle, spaced
from benchmarks.options import MIB, Options
from benchmarks.postgresql import Server
from benchmarks.section import Promise, Section, table
from benchmarks.servers import Helper
from benchmarks.service import service
from syncd.adapters.ledger.opening import ledger_file
from syncd.service.dispatcher import Dispatcher, Job, Release

WORKERS = (1, 2, 4)  # processes
LIMIT = 10  # datasets at once in each
ALONE = 200  # jobs that come one by one, to workers that have nothing to do
CYCLES = 200  # of one dataset each, as the service does them
WITHOUT = "PostgreSQL is not installed here: SQLite alone was measured."

# As `million.ROUND`; then single cycles, beside a manifest of all.
ROUND = (
    million.ROUND.rpartition("    print(")[0]
    + f"""    told = {{"seconds": time.monotonic() - ready, "cpu": time.process_time() - cpu,
            "summary": report.summary}}
    from syncd.sync.whole_manifest import WholeManifest
    whole = WholeManifest(entries)
    for one in entries[:{CYCLES}]:
        sync.sync([one], whole, adapters, RunOptions(), clock.now(), command="run")
        if one is entries[0]:
            ready, cpu = time.monotonic(), time.process_time()
    told["cycle"] = (time.process_time() - cpu) / {CYCLES - 1}
    cpu = time.process_time()
    ended = sync.look(entries, whole, adapters, RunOptions(gives_way=True), clock.now())
    told["together"] = (time.process_time() - cpu) / len(entries)
    told["ended"] = len(ended)
    print(json.dumps(told))
"""
)


@dataclass
class Rounds(Contender):
    cycle: float = 0.0  # seconds of processor, of one dataset
    together: float = 0.0  # the same, where all are looked at together
    mib: float = 0.0  # its ledger


@dataclass(frozen=True)
class Idle:
    """A service with nothing to do, by the minute. `transactions`: by the second."""

    name: str
    cpu: float
    resident: int
    server_cpu: float | None = None
    transactions: float | None = None


@dataclass(frozen=True)
class Burst:
    """Many jobs at once. CPU in seconds, of all jobs; `resident` at the peak, of one process."""

    workers: int  # processes; 0: threads of the one that plans
    jobs: int
    put: float
    seconds: float  # from the first that was begun to the last that was learnt of
    planner_cpu: float
    workers_cpu: float
    server_cpu: float
    planner_peak: int
    worker_peak: int
    delays: Sequence[float]
    sizes: Sequence[float] = ()  # MiB: before, all waiting, all done, after VACUUM


def programs() -> list[str]:
    return [f"{name} {machine.package(name)}" for name in ("procrastinate", "psycopg")]


def measure(options: Options) -> Section:
    with (
        tempfile.TemporaryDirectory(prefix="syncd-bench-") as name,
        postgresql.server() as server,
    ):
        folder = Path(name)
        rounds = a_round(folder, server, options)
        idle = services(folder, server, options)
        bursts = [in_one_process(options), *(a_burst(folder, server, n, options) for n in WORKERS)]
        about = f"PostgreSQL {server.version}, with `fsync`." if server else WITHOUT
    done = [one for one in bursts if one is not None]
    return Section(
        f"{spaced(options.scale_datasets)} datasets, {spaced(options.queue_jobs)} jobs",
        [about, *shown_rounds(rounds, options), *shown_idle(idle, options), *shown_bursts(done)],
        judged(rounds, done, options),
    )


# -- a round -------------------------------------------------------------------------------------


def a_round(folder: Path, server: Server | None, options: Options) -> list[Rounds]:
    """Both engines know the same targets."""
    targets = options.scale_datasets * million.PER_DATASET
    objects = targets * 10
    arguments = [str(number) for number in (objects, targets, million.PER_DATASET)]
    place = folder / "round"
    place.mkdir()
    with servers.helper("benchmarks.made_up_bucket", *arguments) as bucket:
        endpoint = str(bucket.read())
        settings = million.known(place, endpoint, "http://127.0.0.1:9", objects, targets)
        scene = Scene(endpoint, settings, objects, targets)
        made = [_rounds("SQLite", scene, options)]
        if server is not None:
            url = server.database()
            postgresql.copied(Path(settings["SYNCD_STATE_DIR"]), url)
            shared = {**settings, **on_server(url, place)}
            made.append(_rounds("PostgreSQL", Scene(endpoint, shared, objects, targets), options))
        take_turns(made, 1)
        ledger = ledger_file(None, Path(settings["SYNCD_STATE_DIR"]))
        made[0].mib = ledger.stat().st_size / MIB if ledger else 0.0
        if server is not None:
            made[1].mib = server.mib(url)
    return made


def _rounds(name: str, scene: Scene, options: Options) -> Rounds:
    def run() -> Cost:
        cost = cost_of([program.python(), "-c", ROUND], scene.settings)
        told = json.loads(cost.said)
        must_be_idle(scene, told["summary"])
        made.cycle, made.together = told["cycle"], told["together"]
        if told["ended"] != options.scale_datasets:
            raise Unavailable(f"{told['ended']} datasets alone were found idle")
        return Cost(told["seconds"], told["cpu"], cost.peak)

    made = Rounds(name, run, ours=True)
    return made


def on_server(url: str, folder: Path) -> dict[str, str]:
    """Settings of one whose ledger is there. `folder`: for what else it keeps."""
    return {"SYNCD_DATABASE_URL": url, "SYNCD_STATE_DIR": str(folder / "state of one")}


def shown_rounds(rounds: Sequence[Rounds], options: Options) -> Iterator[str]:
    count = options.scale_datasets
    yield f"### A round of {spaced(count)} datasets, {spaced(count * million.PER_DATASET)} targets"
    yield (
        "Planned and found idle, in one process, once; the bucket is that of `million`. One cycle: "
        f"of one dataset beside all the others, the mean of {CYCLES}. Together: all, by one "
        "listing, as `syncd run` looks at those that are due in the same minute; of each dataset."
    )
    head = ("", "seconds", "CPU s", "times SQLite's CPU", "CPU of one cycle, ms",
            "of a dataset, together, ms", "peak memory, MiB", "ledger, MiB")  # fmt: skip
    rows = []
    for one in rounds:
        cost = one.median
        if cost is None:
            rows.append([one.name, f"not measured: {one.trouble}"])
            continue
        figures = (cost.seconds, cost.cpu)
        rows.append(
            [
                one.name,
                *(f"{figure:.1f}" for figure in figures),
                times(cpu_ratio(one, rounds[0])),
                f"{one.cycle * 1000:.1f}",
                f"{one.together * 1000:.2f}",
                f"{cost.peak / MIB:.0f}",
                f"{one.mib:.1f}",
            ]
        )
    yield table(head, rows)


# -- a service with nothing to do ----------------------------------------------------------------


def services(folder: Path, server: Server | None, options: Options) -> list[Idle]:
    place = folder / "idle"
    place.mkdir()
    settings = none_due(place, options.idle_datasets)
    found = []
    say("a service that has nothing to do, on SQLite")
    with service(settings) as alone:
        alone.wait_for("service.started")
        found += watched({"SQLite: the service": alone.pid}, options)
    if server is None:
        return found
    url = server.database()
    shared = {**settings, **on_server(url, place), "SYNCD_WORKERS": "2"}
    say("the same on PostgreSQL, with a process beside it and a second replica")
    with service(shared) as leads:
        leads.wait_for("service.started")
        leads.wait_for("replica.works", 2)
        other = {**shared, "SYNCD_STATE_DIR": str(place / "state of another"), "SYNCD_WORKERS": "1"}
        with service(other) as follows:
            follows.wait_for("replica.works")
            beside = processes.family(leads.pid)[1]
            who = {
                "PostgreSQL: who leads": leads.pid,
                "PostgreSQL: a process beside it": beside,
                "PostgreSQL: a second replica": follows.pid,
            }
            found += watched(who, options, server, url)
    return found


def watched(
    who: Mapping[str, int], options: Options, server: Server | None = None, url: str = ""
) -> list[Idle]:
    """Each by itself, and what all together ask of the server."""
    time.sleep(options.idle_seconds / 3)  # what comes after a start
    began, before = time.monotonic(), {name: processes.cpu_of(pid) for name, pid in who.items()}
    asked = (server.transactions(url), processes.cpu(server.pid)) if server else (0.0, 0.0)
    time.sleep(options.idle_seconds)
    passed = time.monotonic() - began
    found = [
        Idle(
            name,
            (processes.cpu_of(pid) - before[name]) / passed * 60,
            processes.resident([pid]),
        )
        for name, pid in who.items()
    ]
    if server is not None:
        transactions = (server.transactions(url) - asked[0]) / passed
        cpu = (processes.cpu(server.pid) - asked[1]) / passed * 60
        found.append(Idle("PostgreSQL: the server, for all three", cpu, 0, cpu, transactions))
    return found


def none_due(folder: Path, count: int) -> dict[str, str]:
    """Settings of a service with so many datasets, of one file each."""
    every = [
        {
            "dataset": f"{number:024x}",
            "resources": [
                {"resource": large_bucket.identity(number, 0), "object": f"f/{number:05}.csv"}
            ],
        }
        for number in range(count)
    ]
    nowhere = "http://127.0.0.1:9"
    new_year = {"cron": "0 3 1 1 *"}  # what is due every so often is due at each start
    return servers.settings(folder, nowhere, nowhere, "none", every, schedule=new_year)


def shown_idle(idle: Sequence[Idle], options: Options) -> Iterator[str]:
    yield f"### A service of {spaced(options.idle_datasets)} datasets, none of which is due"
    yield f"Watched for {options.idle_seconds} s, some seconds after its start."
    head = ("", "CPU s per minute", "memory, MiB", "transactions per second")
    rows = [
        [
            one.name,
            f"{one.cpu:.2f}",
            f"{one.resident / MIB:.0f}" if one.resident else "",
            "" if one.transactions is None else f"{one.transactions:.1f}",
        ]
        for one in idle
    ]
    yield table(head, rows)


# -- the queue -----------------------------------------------------------------------------------


def in_one_process(options: Options) -> Burst:
    """As with a ledger in a file: threads, and nothing is stored."""
    say(f"{options.queue_jobs} jobs in one process")
    done, begun = Semaphore(0), list[float]()

    def work(_: Job, __: Release) -> bool:
        begun.append(time.monotonic())
        done.release()
        return False

    queue = Dispatcher(work, limit=LIMIT)
    began, cpu = time.monotonic(), time.process_time()
    for number in range(options.queue_jobs):
        queue.ask(Job(f"{number:024x}", "schedule"))
    put = time.monotonic() - began
    for _ in range(options.queue_jobs):
        done.acquire()
    passed, used = time.monotonic() - began, time.process_time() - cpu
    delays = []
    for number in range(ALONE):
        asked = time.monotonic()
        queue.ask(Job(f"one {number}", "schedule"))
        done.acquire()
        delays.append(begun[-1] - asked)
    return Burst(0, options.queue_jobs, put, passed, used, 0.0, 0.0, 0, 0, delays)


def a_burst(folder: Path, server: Server | None, count: int, options: Options) -> Burst | None:
    if server is None:
        return None
    jobs = options.queue_jobs
    say(f"{jobs} jobs for {count} processes")
    url = server.database()
    with ExitStack() as stack:
        planner = stack.enter_context(one_of_the_queue("plan", url, folder / "planner"))
        sizes = [server.mib(url)]
        put = planner.ask("put", jobs)
        sizes.append(server.mib(url))
        workers = [
            stack.enter_context(one_of_the_queue("work", url, folder / f"worker {number}"))
            for number in range(count)
        ]
        at_first = [worker.ask("begun")["cpu"] for worker in workers]
        server_cpu = processes.cpu(server.pid)
        for worker in workers:
            worker.ask("begin")
        learnt = planner.ask("learnt", jobs)
        server_cpu = processes.cpu(server.pid) - server_cpu
        told = [worker.ask("begun") for worker in workers]
        first = min(at for one in told for _, at in one["answer"])
        sizes.append(server.mib(url))
        server.do(url, "VACUUM")
        sizes.append(server.mib(url))
        delays = one_by_one(planner, workers)
        for worker in workers:
            worker.ask("end")
    return Burst(
        workers=count,
        jobs=jobs,
        put=put["answer"],
        seconds=learnt["answer"] - first,
        planner_cpu=learnt["cpu"] - put["cpu"],
        workers_cpu=sum(one["cpu"] for one in told) - sum(at_first),
        server_cpu=server_cpu,
        planner_peak=learnt["peak"],
        worker_peak=max(one["peak"] for one in told),
        delays=delays,
        sizes=sizes,
    )


@contextmanager
def one_of_the_queue(role: str, url: str, folder: Path) -> Iterator[Helper]:
    arguments = (role, url, str(folder), str(LIMIT))
    with servers.helper("benchmarks.queue_process", *arguments) as process:
        process.read()
        yield process


def one_by_one(planner: Helper, workers: Sequence[Helper]) -> list[float]:
    """Seconds from due to begun, where all have nothing to do."""
    asked = {}
    for number in range(ALONE):
        name = f"one-{number}"
        asked[name] = planner.ask("one", name)["answer"]
        time.sleep(0.05)
    planner.ask("learnt", ALONE)
    told = [one for worker in workers for one in worker.ask("begun")["answer"]]
    return [at - asked[name] for name, at in told]


def shown_bursts(bursts: Sequence[Burst]) -> Iterator[str]:
    yield f"### The queue: {spaced(bursts[0].jobs)} datasets that are due at once"
    yield (
        f"The work is nothing; {LIMIT} at once in each process. Jobs per second: from the first "
        "that was begun to the last of which the one who plans has learnt. Delay: from due to "
        f"begun, of {ALONE} jobs that come one by one. In one process: as with SQLite, where "
        "nothing is stored of a job."
    )
    head = ("", "put, s", "jobs per second", "times one process", "CPU per job, ms: plans",
            "works", "PostgreSQL", "delay, ms: median", "99th", "MiB: plans", "works")  # fmt: skip
    rate = {one.workers: one.jobs / one.seconds for one in bursts}
    rows = []
    for one in bursts:
        ranked = sorted(delay * 1000 for delay in one.delays)
        name = f"PostgreSQL, {one.workers} processes" if one.workers else "in one process"
        peaks = (one.planner_peak, one.worker_peak)
        rows.append(
            [
                name,
                f"{one.put:.2f}",
                f"{rate[one.workers]:.0f}",
                f"{rate[one.workers] / rate[1]:.2f}" if one.workers else "",
                *(
                    f"{cpu / one.jobs * 1000:.2f}"
                    for cpu in (one.planner_cpu, one.workers_cpu, one.server_cpu)
                ),
                f"{statistics.median(ranked):.1f}",
                f"{ranked[int(len(ranked) * 0.99)]:.1f}",
                *(f"{peak / MIB:.0f}" if peak else "" for peak in peaks),
            ]
        )
    yield table(head, rows)
    sized = [one.sizes for one in bursts if one.sizes]
    if sized:
        when = ("empty", "all waiting", "all done", "after `VACUUM`")
        yield table(["", *when], [["database, MiB", *(f"{size:.1f}" for size in sized[-1])]])


def judged(
    rounds: Sequence[Rounds], bursts: Sequence[Burst], options: Options
) -> Sequence[Promise]:
    full = options.scale_datasets >= Options.scale_datasets
    made = []
    for one in rounds:
        figures = (one.cycle * 1000, one.together * 1000) if one.median else (None, None)
        for limit, figure in zip((limits.CYCLE_CPU, limits.LOOK_CPU), figures, strict=True):
            made.append(limit.judge(figure, f"{one.name}, {one_of(options)}", judged=full))
    shared = [one for one in bursts if one.workers]
    return [
        *made,
        *(
            limits.PUT_WALL.judge(
                max(one.put for one in shared),
                judged=options.queue_jobs >= Options.queue_jobs,
            )
            for _ in shared[:1]
        ),
    ]


def one_of(options: Options) -> str:
    return f"one dataset of {spaced(options.scale_datasets)}"
