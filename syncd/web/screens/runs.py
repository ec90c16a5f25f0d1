"""What is being done now, the last cycles, and how the servers were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd import bootstrap
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.records import CycleNote
from syncd.core.results import FAILED, OK
from syncd.text import text
from syncd.text.summaries import doing, summary_of
from syncd.web.charts import bars
from syncd.web.reading import Look, Reading

MOST = 50  # cycles that are listed


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    seconds: float
    result: str
    is_well: bool
    summary: str


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    said: str
    is_well: bool


def shown(look: Look, reading: Reading, ledger: ServiceLedger) -> dict[str, object]:
    titles = {one.dataset: one.dataset_title for one in look.report.targets}
    works = bootstrap.under_way(look.app.settings)
    lines = [_line(one) for one in ledger.cycles()[: -MOST - 1 : -1]]
    longest = max((one.seconds for one in lines), default=0)
    service = look.report.service
    return {
        "works": [doing(one, titles.get(one.dataset) or one.dataset) for one in works],
        "service": service,
        "service_facts": {
            "pid": service.facts.get("pid"),
            "host": service.facts.get("host"),
            "date": service.started_at.isoformat(),
        }
        if service is not None
        else {},
        "replicas": [
            f"{one.host} (pid {one.pid})" for one in look.report.replicas if not one.leads
        ],
        "servers": _servers(reading),
        "lines": lines,
        "chart": bars([one.seconds for one in reversed(lines)]) if _shows(lines, longest) else "",
        "longest": longest,
    }


def _shows(lines: Sequence[Line], longest: float) -> bool:
    """Whether there is anything to be seen in a chart: seconds, of several cycles."""
    return len(lines) > 1 and longest >= 1


def _line(one: CycleNote) -> Line:
    key = {OK: "page.cycle_well", FAILED: "page.cycle_failed"}.get(
        one.exit_code, "page.cycle_needy"
    )
    seconds = (one.ended_at - one.started_at).total_seconds()
    return Line(one.started_at, seconds, text(key), one.exit_code == OK, summary_of(one.summary))


def _servers(reading: Reading) -> Sequence[Server]:
    """As this process's own service found them the last time."""
    if reading.health is None:
        return ()
    facts = reading.health()
    portal = _server(text("page.portal"), facts.portal, refused=facts.key_refused)
    return [
        portal,
        *(
            _server(name, reachable, refused=name in facts.sources_refusing)
            for name, reachable in facts.sources.items()
        ),
    ]


def _server(name: str, reachable: bool | None, *, refused: bool) -> Server:
    if refused:
        return Server(name, text("page.server_refuses"), is_well=False)
    if reachable is None:
        return Server(name, text("page.server_unused"), is_well=True)
    key = "page.server_answers" if reachable else "page.server_silent"
    return Server(name, text(key), is_well=reachable)
