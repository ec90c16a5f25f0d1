"""What a ministry of what size needs: the table of docs/performance.md, reckoned from figures.json.

python -m benchmarks.capacity        write it anew; `make bench` does so by itself
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.section import table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_TABLE = re.compile(r"(<!-- table: capacity -->\n).*?(<!-- fin -->)", re.DOTALL)

DAY = 86_400  # seconds
ROUNDS = 96  # a day: one every 15 minutes
SIZES = (1_000, 10_000, 100_000, 1_000_000)  # objects: those that `idle` and `million` measure
CHANGED = 20  # one target in so many has a new file each day
FILE = 5_000_000  # bytes of it
GIB = 1024**3
UNKNOWN = "non mesuré"
HEAD = (
    "objets", "cibles", "jeux de données", "remplacés par jour", "un passage, s de CPU",
    "CPU par jour", "d’un cœur", "mémoire, Mio", "lu du bucket par jour",
    "envoyé par jour", "requêtes au portail par jour",
)  # fmt: skip


def rows(figures: Mapping[str, Any]) -> list[list[str]]:
    """One for each size; cells of what was not measured say so."""
    listed = {**figures.get("idle", {}), **figures.get("million", {})}
    return [_row(size, listed.get(str(size)), figures) for size in SIZES]


def _row(objects: int, known: Mapping[str, float] | None, figures: Mapping[str, Any]) -> list[str]:
    many, large = figures.get("many"), figures.get("publish")
    if known is None or many is None or large is None:
        return [_number(objects), UNKNOWN]
    targets, datasets = int(known["targets"]), int(known["datasets"])
    files = targets // CHANGED
    sent = files * FILE
    cpu = ROUNDS * known["cpu"] + files * many["cpu_ms"] / 1000 + sent / GIB * large["cpu"]
    read = ROUNDS * objects * known["entry_bytes"] + sent
    asked = datasets + files * many["requests"]  # one look a day at each dataset
    return [
        _number(objects),
        _number(targets),
        _number(datasets),
        _number(files),
        _decimal(known["cpu"]),
        _duration(cpu),
        f"{_decimal(cpu / DAY * 100)} %",
        _number(known["mib"]),
        _bytes(read),
        _bytes(sent),
        _number(asked),
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",") if value < 10 else f"{value:.0f}"


def _duration(seconds: float) -> str:
    return f"{_decimal(seconds)} s" if seconds < 60 else f"{_decimal(seconds / 60)} min"


def _bytes(value: float) -> str:
    for unit in ("Mo", "Go"):
        value /= 1e6 if unit == "Mo" else 1e3
        if value < 1000:
            break
    return f"{_decimal(value)} {unit}"


def text(figures: Mapping[str, Any]) -> str:
    return table(HEAD, rows(figures), words=())


def replaced(page: str, figures: Mapping[str, Any]) -> str:
    """The page with this table between its marks."""
    return _TABLE.sub(lambda found: f"{found[1]}{text(figures)}\n{found[2]}", page)


def rewrite() -> None:
    PAGE.write_text(replaced(PAGE.read_text("utf-8"), results.figures()), "utf-8")


if __name__ == "__main__":
    rewrite()
