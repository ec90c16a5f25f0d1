"""The monthly report's page: no barrier for anybody, on any screen."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncd import text
from syncd.actions.report import Counts, DatasetMonth, Delay, MonthReport, month_of
from syncd.cli.output.report_page import report_page
from tests.support.builders import DATASET, NOW, PORTAL
from tests.web.axe import violations
from tests.web.browser import Browser


@pytest.fixture(params=["en", "fr"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    text.speak(request.param)
    delays = (Delay("Liste", NOW - timedelta(days=9), NOW, 9), Delay("Liste", NOW, None, 3))
    busy = DatasetMonth(
        DATASET,
        "Musées de France, labellisés ou non, de métropole et d'outre-mer",
        f"{PORTAL}/datasets/musees",
        Counts(1200, 3, 31_000_000, 1, 2, 1),
        2,
        1,
        delays,
        (("held", 1), ("missing", 2)),
    )
    quiet = DatasetMonth("0" * 24, "", "", Counts())
    month = month_of("2026-02", NOW, ZoneInfo("Europe/Paris"))
    found = MonthReport(month, "Europe/Paris", (busy, quiet), 4, True, NOW, NOW, (NOW,))
    written = tmp_path / "report.html"
    written.write_text(report_page(found, NOW), encoding="utf-8")
    return written


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (320, "light")])
def test_the_page_has_no_barrier_and_nothing_sticks_out(
    chromium: Browser, axe_script: str, page: Path, width: int, scheme: str
) -> None:
    chromium.show(page, width, scheme)

    assert violations(chromium, axe_script) == []
    assert chromium.run("return document.documentElement.scrollWidth") <= width
