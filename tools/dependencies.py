"""The tables of `docs/dependances.md`: what is shipped, since when, and why (`make hashes`).

Names, versions and dates come from a lock file that uv wrote, licences and what asks for what from
the packages installed here. Why a package is there is written in the table by hand, and stays.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "dependances.md"
# What is installed, and with which of its extras.
ROOTS = {"syncd": {"oidc", "postgresql"}, "hatchling": set[str]()}
OLD = timedelta(days=730)  # since when a date is in bold
_TABLE = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- fin -->)", re.DOTALL)
_DATE = re.compile(r"(<!-- relevé -->).*?(<!-- fin -->)")
_STATES = {
    "3 - Alpha": "alpha",
    "4 - Beta": "bêta",
    "5 - Production/Stable": "stable",
    "6 - Mature": "mûr",
    "7 - Inactive": "**abandonné**",
}
_HEAD = ("paquet", "version", "du", "licence", "état annoncé", "pourquoi")


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of every row of the page's tables, by the package's name."""
    lines = [line for body in _bodies(page) for line in body.splitlines()[2:]]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {row[0].strip("`"): row for row in cells}


def written(page: str, lock: Mapping[str, tuple[str, datetime]], today: datetime) -> str:
    """The page with its tables made anew; what was said of a package's purpose stays."""
    asked = _who_asks_for_what()
    told = {name: row[-1] for name, row in rows_of(page).items()}
    kinds: dict[str, list[Sequence[str]]] = {"directes": [], "autres": []}
    for name, (version, published) in sorted(lock.items()):
        direct = "syncd" in asked[name] or name in ROOTS
        why = told.get(name, "") if direct else ", ".join(f"`{one}`" for one in sorted(asked[name]))
        state, licence = _state(name), _licence(name)
        day = f"{published:%Y-%m-%d}"
        old = today - published > OLD
        row = (f"`{name}`", version, f"**{day}**" if old else day, licence, state, why)
        kinds["directes" if direct else "autres"].append(row)
    page = _TABLE.sub(lambda found: f"{found[1]}{_table(kinds[found[2]])}{found[3]}", page)
    return _DATE.sub(rf"\g<1>{today:%Y-%m-%d}\g<2>", page)


def lock_of(file: Path) -> dict[str, tuple[str, datetime]]:
    """Versions, and when their first file was published, by name."""
    packages = tomllib.loads(file.read_text(encoding="utf-8"))["packages"]
    return {
        one["name"]: (
            one["version"],
            min(part["upload-time"] for part in [*one.get("wheels", []), one.get("sdist")] if part),
        )
        for one in packages
    }


def _who_asks_for_what() -> dict[str, set[str]]:
    asked: dict[str, set[str]] = {name: set() for name in ROOTS}
    waiting = [(name, frozenset(extras)) for name, extras in ROOTS.items()]
    done = set()
    while waiting:
        name, extras = one = waiting.pop()
        if one in done:
            continue
        done.add(one)
        for wanted in _requirements(name, extras):
            found = canonicalize_name(wanted.name)
            asked.setdefault(found, set()).add(name)
            waiting.append((found, frozenset(wanted.extras)))
    return asked


def _requirements(name: str, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in importlib.metadata.requires(name) or ():
        wanted = Requirement(text)
        marker = wanted.marker
        if marker is None or any(marker.evaluate({"extra": one}) for one in (*extras, "")):
            yield wanted


def _licence(name: str) -> str:
    told = importlib.metadata.metadata(name)
    stated = told.get_all("License-Expression") or [
        one.rpartition(" :: ")[2]
        for one in told.get_all("Classifier", [])
        if one.startswith("License :: ")
    ]
    return ", ".join(stated) or told["License"].partition("\n")[0]


def _state(name: str) -> str:
    for one in importlib.metadata.metadata(name).get_all("Classifier", []):
        if one.startswith("Development Status :: "):
            return _STATES[one.rpartition(" :: ")[2]]
    return "—"


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [_HEAD, ["---"] * len(_HEAD), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _bodies(page: str) -> Iterator[str]:
    for found in _TABLE.finditer(page):
        yield found[0].removeprefix(found[1]).removesuffix(found[3])


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    lock = lock_of(Path(sys.argv[1]))
    PAGE.write_text(written(page, lock, datetime.now(UTC)), encoding="utf-8")
    rows = rows_of(PAGE.read_text(encoding="utf-8"))
    if lacking := [name for name, row in rows.items() if not row[-1]]:
        raise SystemExit(f"{PAGE.name}: say why {', '.join(lacking)} is there")


if __name__ == "__main__":
    main()
