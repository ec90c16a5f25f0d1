"""A first row that is data goes nowhere, also where it has no numbers."""

from __future__ import annotations

from pathlib import Path

from syncd import guards
from syncd.core.targets import GuardPolicy
from tests.support.content_builders import case, table
from tests.support.shared_reader import read_here


def test_a_table_that_lost_its_header_does_not_show_a_person_s_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("DUPONT;Jeanne;Paris\nMARTIN;Zoé;Lyon\n", "utf-8")
    before = table(header=("nom", "prenom", "ville"), rows=2)

    found = guards.judge(case(found=read_here(path, "a.csv"), before=before), GuardPolicy({}))

    assert found.held
    assert "DUPONT" not in repr((found.held, found.warned))
