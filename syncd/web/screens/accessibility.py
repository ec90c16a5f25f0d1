"""The accessibility statement (RGAA 4.1): what the tests of this version look at, and no more.

tests/web/test_operators_page.py takes its widths, schemes and languages from here, and holds the
checker's version to the one it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from syncd.config.settings import Settings

AXE = "4.12.1"
WIDTHS = (1280, 640, 320)  # pixels; 640 is 1 280 at 200 %
SCHEMES = ("light", "dark")
TESTED_ON = datetime(2026, 11, 30, 12, tzinfo=UTC)  # with a test that changes, this does, too
LAW = "https://www.legifrance.gouv.fr/loda/id/JORFTEXT000000809647"  # article 47
RGAA = "https://accessibilite.numerique.gouv.fr/"
RIGHTS_FORM = "https://formulaire.defenseurdesdroits.fr/"
RIGHTS_NEAR = "https://www.defenseurdesdroits.fr/carte-des-delegues"
_TESTS = (
    "page.access_test_axe",
    "page.access_test_widths",
    "page.access_test_zoom",
    "page.access_test_keyboard",
    "page.access_test_script",
    "page.access_test_colour",
    "page.access_test_charts",
    "page.access_test_paper",
)
_BY_HAND = (  # what nobody has done
    "page.access_untested_reader",
    "page.access_untested_criteria",
    "page.access_untested_people",
)


def shown(settings: Settings, address: str) -> Mapping[str, object]:
    """`address`: where who asks has the page."""
    contact = settings.web_contact or ""
    return {
        "entity": settings.web_entity or "",
        "address": settings.web_url or address,
        "contact": contact,
        "contact_link": f"mailto:{contact}" if "@" in contact and "/" not in contact else contact,
        "tested_on": TESTED_ON.isoformat(),
        "tests": _TESTS,
        "untested": _BY_HAND,
        "axe": AXE,
        "widths": ", ".join(str(one) for one in WIDTHS),
        "links": {"law": LAW, "rgaa": RGAA, "form": RIGHTS_FORM, "near": RIGHTS_NEAR},
    }
