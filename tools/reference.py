"""The tables of `docs/reference`, made from the code by `make reference`; tests hold them so.

The pages are written by hand, but for what is between `<!-- table: NAME -->` and `<!-- fin -->`.
They are French. What the code marks for translation (the commands' help) has its French from
syncd's own catalogue; what it says in English alone, for editors and machines (settings, manifest,
metrics), has it from `tools/reference_fr.po`. Both go by the English sentence: whoever changes that
loses the French form, and is told.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from prometheus_client import Metric
from pydantic import BaseModel, ByteSize
from pydantic.fields import FieldInfo

from syncd import text
from syncd.cli import commands as english_commands
from syncd.config.manifest import loads, models
from syncd.config.settings import Settings, SourceCredentials
from syncd.config.settings.model import PREFIX
from syncd.core.records import Outcome
from syncd.core.results import PLANNED, UNREAD
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from tools import man_page
from tools.french_catalogue import ROOT, forms, lacking, pairs, written

PAGES = ROOT / "docs" / "reference"
FRENCH = Path(__file__).with_name("reference_fr.po")
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- fin -->)", re.DOTALL)


class French:
    """The French of an English sentence; remembers what syncd's own catalogue lacks, and where."""

    def __init__(self, catalogue: Catalog) -> None:
        self._ours = dict(pairs())
        self._known = {one.id: forms(one)[0] for one in catalogue if one.id}
        self.asked: dict[str, list[str]] = {}

    def __call__(self, english: str, place: str) -> str:
        if english in self._ours:
            return self._ours[english]
        self.asked.setdefault(english, []).append(place)
        return self._known.get(english) or english


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown; a bar within a cell is no border."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


# -- settings -------------------------------------------------------------------------------------


def settings(french: French) -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        if name == "sources":
            for part, one in SourceCredentials.model_fields.items():
                variable = f"{PREFIX}SOURCES__<NOM>__{part.upper()}"
                rows.append([f"`{variable}`", "", french(one.description or "", variable)])
            continue
        variable = f"{PREFIX}{name.upper()}"
        default = "" if field.default in {None, ()} else f"`{_setting(field.default)}`"
        rows.append([f"`{variable}`", default, french(field.description or "", variable)])
    return table(["variable", "défaut", "sens"], rows)


def _setting(default: object) -> str:
    """As one would write it in the environment."""
    if isinstance(default, ByteSize):
        decimal = default % 1_000_000 == 0  # 20MB, and not 19.1MiB
        return default.human_readable(decimal=decimal, separator="").replace(".0", "")
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:.10g}" if isinstance(default, float) else str(default)


# -- manifest -------------------------------------------------------------------------------------

_SHAPES: Mapping[str, type[BaseModel]] = {
    "manifeste": models.Manifest,
    "source": models.Source,
    "events": models.Events,
    "dataset": models.Dataset,
    "object": models.ObjectTarget,
    "newest": models.NewestTarget,
    "each": models.EachTarget,
    "policies": models.Pausable,
    "schedule": models.Schedule,
    "expect": models.Expect,
    "thematic": models.Thematic,
}
_SMALLEST = """\
version: 1
portal: https://demo.data.gouv.fr
sources: {depot: {endpoint: "https://s3.example.fr", bucket: depot}}
defaults: {source: depot}
datasets: [{dataset: a, resources: [{resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975, object: b}]}]
"""


def shape(name: str) -> Callable[[French], str]:
    """The keys of one part of the manifest. What all parts may say stands in `policies` alone."""
    model = _SHAPES[name]
    shared = set() if name == "policies" else set(models.Pausable.model_fields)
    fields = {key: one for key, one in model.model_fields.items() if key not in shared}

    def made(french: French) -> str:
        effective = _when_nothing_is_said()
        rows = [
            [
                f"`{one.alias or key}`",
                french(one.description or "", f"{model.__name__}.{key}"),
                effective.get(key, "") if one.default is None else _in_yaml(one),
            ]
            for key, one in fields.items()
        ]
        return table(["clé", "sens", "défaut"], rows)

    return made


def _in_yaml(field: FieldInfo) -> str:
    if field.is_required():
        return "obligatoire"
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, BaseModel):
        return ""
    if isinstance(default, timedelta):
        return f"`{default.total_seconds():g}s`"
    return f"`{json.dumps(default) if isinstance(default, bool) else default}`"


def _when_nothing_is_said() -> dict[str, str]:
    """What counts where no part of a manifest says it, from a manifest that says nothing."""
    dataset = loads(_SMALLEST, "smallest").datasets[0]
    (target,) = dataset.targets
    every = dataset.schedule.every or timedelta()
    return {
        "drift": f"`{'republish' if target.republish else 'report'}`",
        "settle": f"`{target.settle.total_seconds():g}s`",
        "ignore": f"`{json.dumps(target.ignore)}`",
        "schedule": f"`{{every: {every.total_seconds() / 60:g}m}}`",
    }


# -- guards ---------------------------------------------------------------------------------------


def guards(french: French) -> str:
    """What editors are told of each in the manifest's schema, its usual level apart."""
    rows = []
    for field in models.Guards.model_fields.values():
        name = field.alias
        what, _, usual = (field.description or "").partition(" Default: ")
        place = f"Guards.{name}"
        rows.append([f"`{name}`", french(what, place), french(usual, place) if usual else ""])
    return table(["contrôle", "trouve", "par défaut"], rows)


# -- commands -------------------------------------------------------------------------------------


@contextmanager
def _speaking(language: str) -> Iterator[click.Group]:
    """The commands in this language."""
    before = text.language()
    text.speak(language)
    try:
        # Help texts are made when the module is read: a reading of our own, beside the program's.
        yield runpy.run_path(english_commands.__file__)["syncd"]
    finally:
        text.speak(before)


def commands(french: French) -> str:  # noqa: ARG001 - these have their French from syncd's catalogue
    with _speaking("fr") as group:
        return "\n".join(_command(name, one) for name, one in sorted(group.commands.items()))


def _command(name: str, command: click.Command) -> str:
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    usage = " ".join(["syncd", name, *(str(one.metavar) for one in arguments)])
    rows = [
        [
            f"`{' '.join(filter(None, [one.opts[0], one.metavar]))}`",
            one.help or "",
            f"`{one.default}`" if isinstance(one.default, str) and one.default else "",
        ]
        for one in options
    ]
    said = f"### `{usage}`\n\n{command.help}\n"
    return said + ("\n" + table(["option", "effet", "défaut"], rows) if rows else "")


def words(french: French) -> str:  # noqa: ARG001 - as above
    """The words of the JSON documents, and what a French screen shows in their place."""
    with _speaking("fr"):
        shown = dict.fromkeys([*Outcome, UNREAD, *PLANNED.values()])
        rows = [[f"`{word}`", text.text(f"word.{word}", count=1)] for word in map(str, shown)]
    return table(["mot", "à l’écran"], rows)


# -- metrics --------------------------------------------------------------------------------------


def metrics(french: French) -> str:
    found = [one for one in _one_of_each().registry.collect() if one.name.startswith("syncd")]
    rows = [
        [
            f"`{_exposed(one)}`",
            one.type,
            ", ".join(f"`{label}`" for label in _labels(one)),
            french(one.documentation, _exposed(one)),
        ]
        for one in found
    ]
    return table(["métrique", "type", "étiquettes", "sens"], rows)


def _exposed(metric: Metric) -> str:
    return metric.name + {"counter": "_total", "info": "_info"}.get(metric.type, "")


def _labels(metric: Metric) -> list[str]:
    """Those that tell series apart: not what a histogram or an info adds of its own."""
    names = dict.fromkeys(label for sample in metric.samples for label in sample.labels)
    return [name for name in names if name not in {"le", "version"}]


def _one_of_each() -> Metrics:
    """Of a service with one dataset and one source, so that every metric has a series."""
    now = datetime(2026, 11, 29, tzinfo=UTC)
    facts = Facts(
        now=now,
        turned=0,
        manifest="valid",
        portal=True,
        sources={"depot": True},
        late=("a",),
        overdue=("a",),
        stopping=False,
        ledger=True,
    )
    made = Metrics()
    made.ask(
        facts=lambda: facts,
        last_success=lambda: {"a": now},
        key_expiry=lambda: now,
        unsent=lambda: 0,
        last_event=lambda: {"depot": now},
        event_queues=lambda: {"depot": True},
    )
    made.expect_events(["depot"])
    made.expect(["a"])
    made.cycle_done("a", (), 1.0, 0)
    made.unclaimed("a", 0)
    return made


# -- the manual -----------------------------------------------------------------------------------


def manual(french: French, date: datetime | None = None) -> str:
    """syncd(1) in French; dated, where it is for reading."""
    with _speaking("fr") as group:
        return man_page.made(group, french, date or datetime.fromtimestamp(0, UTC))


def english_manual(date: datetime) -> str:
    with _speaking("en") as group:
        return man_page.made(group, lambda english, _: english, date)


# -- pages ----------------------------------------------------------------------------------------

TABLES: Mapping[str, Callable[[French], str]] = {
    "settings": settings,
    **{f"manifest-{name}": shape(name) for name in _SHAPES},
    "guards": guards,
    "commands": commands,
    "words": words,
    "metrics": metrics,
}


def catalogue() -> Catalog:
    with FRENCH.open("rb") as source:
        return read_po(source, locale="fr", abort_invalid=True)


def up_to_date() -> Catalog:
    """The French forms of exactly the sentences that the tables and the manual have now."""
    found = catalogue()
    french = French(found)
    for make in (*TABLES.values(), manual):
        make(french)
    template = Catalog(fuzzy=False)
    for english, places in french.asked.items():
        template.add(english, locations=[(place, None) for place in places])  # type: ignore[misc]  # no number
    dates = found.creation_date
    found.update(template, no_fuzzy_matching=True)
    found.obsolete.clear()
    found.creation_date = dates
    return found


def up_to_date_pages(french: French) -> dict[Path, str]:
    """Each page with its tables made anew. KeyError: a page names a table that nobody makes."""

    def filled(found: re.Match[str]) -> str:
        return f"{found[1]}\n{TABLES[found[2]](french)}\n{found[3]}"

    pages = sorted(PAGES.glob("*.md"))
    return {page: _TABLE.sub(filled, page.read_text(encoding="utf-8")) for page in pages}


def tables_named() -> list[str]:
    """By the pages, in their order."""
    return [
        found[2]
        for page in sorted(PAGES.glob("*.md"))
        for found in _TABLE.finditer(page.read_text(encoding="utf-8"))
    ]


def main() -> int:
    found = up_to_date()
    FRENCH.write_bytes(written(found))
    for page, content in up_to_date_pages(French(found)).items():
        page.write_text(content, encoding="utf-8")
    missing = lacking(found)
    for one in missing:
        sys.stdout.write(f"No French form yet: {one.id}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
