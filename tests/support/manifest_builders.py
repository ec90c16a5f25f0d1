"""A good manifest, the problems of bad ones, and how an editor reads it."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.config.manifest import loads
from syncd.config.manifest.reading import read
from syncd.config.manifest.tree import Number, plain
from syncd.core.errors import ManifestError, Problem

R = "47ac11c2-8a00-46a7-9fa8-9b802643f975"
GOOD = """\
version: 1
portal: https://demo.data.gouv.fr
sources:
  depot:
    endpoint: https://s3.example.fr
    bucket: opendata
defaults:
  source: depot
datasets:
  - dataset: 5d2c4f6e8b4c4110c5a1b2c3
    resources:
      - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975
        object: musees/liste.csv
      - resource: 8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11
        newest: exports/liste_*.csv
  - dataset: festivals
    resources:
      - each: festivals/f_{annee:yyyy}.csv
"""


ONE_TARGET = """\
version: 1
portal: https://www.data.gouv.fr
sources:
  depot:
    endpoint: https://s3.example.org
    bucket: depot
datasets:
  - dataset: 5d2c4f6e8b4c4110c5a1b2c3
    resources:
      - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975
        object: a.csv
        source: depot
"""


def with_lines(edits: dict[int, str | None]) -> str:
    """GOOD with these lines (1-based) replaced; None takes a line away."""
    lines: list[str | None] = [*GOOD.splitlines()]
    for number, text in edits.items():
        lines[number - 1] = text
    return "\n".join(line for line in lines if line is not None) + "\n"


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(ManifestError) as caught:
        loads(text, "m.yaml")
    return caught.value.problems


def as_an_editor_reads(text: str) -> Any:
    """Numbers become numbers: an editor knows nothing of ids that look like them."""

    def numbers(value: object) -> object:
        if isinstance(value, dict):
            return {key: numbers(item) for key, item in value.items()}
        if isinstance(value, list):
            return [numbers(item) for item in value]
        if isinstance(value, Number):
            return int(value) if value.isdigit() else float(value)
        return value

    root, problems = read(text, "m.yaml")
    assert root is not None
    assert not problems
    return numbers(plain(root))
