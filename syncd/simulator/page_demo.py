"""The world of `syncd demo --page`: the demo's, with something to decide, and more arriving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from syncd.simulator.demo import Demo, take

_VISITS = "bibliotheques/frequentation.csv"
_MEASURES = "air/mesures.csv"
_LATE = "marches/marches_conclus.csv"
_TOWNS = ("Rouen", "Caen", "Le Havre", "Dieppe", "Évreux")


def page_demo(folder: Path) -> Demo:
    """In a folder of its own within the demo's, from nothing: its story begins with its start."""
    take(folder, reset=False)
    return Demo(folder / "page", reset=True)


def furnish(demo: Demo) -> None:
    """A second dataset, with files as they should be."""
    _write_settings(demo)
    demo.deposit(_VISITS, _visits(120))
    demo.deposit(_MEASURES, _measures(1))
    demo.deposit(_LATE, b"objet;montant\nToiture;120000\nChauffage;48000\n")
    dataset = demo.portal.new_dataset("Vie culturelle en Normandie")
    new = demo.portal.new_resource
    visits, air, late = (
        new(dataset, file, content, title=title)
        for file, content, title in (
            ("frequentation.csv", _visits(118), "Fréquentation des bibliothèques"),
            ("mesures.csv", b"heure;indice\n", "Qualité de l’air"),
            ("marches.csv", b"objet;montant\n", "Marchés publics conclus"),
        )
    )
    with demo.manifest.open("a", encoding="utf-8") as manifest:
        manifest.write(
            f"""\
  - dataset: {dataset}
    name: Vie culturelle en Normandie
    schedule: {{every: 10s}}
    resources:
      - {{resource: {visits}, object: {_VISITS}}}   # Fréquentation des bibliothèques
      - {{resource: {air}, object: {_MEASURES}}}   # Qualité de l’air
      - {{resource: {late}, object: {_LATE}, expect: {{every: 10s}}}}   # Marchés publics conclus
"""
        )


def trouble(demo: Demo) -> None:
    """After a first cycle: a file that is held, and one that no target claims."""
    demo.deposit(_VISITS, _visits(43, first=9) + b"900;Alexis de Tocqueville;Caen;12\n")
    demo.deposit(_LATE.replace("conclus", "conclus_2026"), b"objet;montant\nPeinture;9000\n")


def arrivals(demo: Demo) -> Callable[[], None]:
    """Each call deposits a file with one more row."""
    count = 1

    def deposit() -> None:
        nonlocal count
        count += 1
        demo.deposit(_MEASURES, _measures(count))

    return deposit


def _write_settings(demo: Demo) -> None:
    """For who types a command in that folder."""
    file = demo.manifest.with_name(".env")
    file.touch(mode=0o600)
    lines = (f"{name}={value}\n" for name, value in demo.environment.items())
    file.write_text("".join(lines), encoding="utf-8")


def _visits(rows: int, first: int = 1) -> bytes:
    lines = ["id;nom;ville;entrees"]
    for n in range(first, first + rows):
        entries = 1000 + n * 37 + (n % 7 == 0 and first > 1)
        lines.append(f"{n};Bibliothèque {n};{_TOWNS[n % len(_TOWNS)]};{entries}")
    return ("\n".join(lines) + "\n").encode()


def _measures(rows: int) -> bytes:
    lines = (f"{n // 60 % 24:02}:{n % 60:02};{30 + n * n % 17}" for n in range(rows))
    return ("heure;indice\n" + "\n".join(lines) + "\n").encode()
