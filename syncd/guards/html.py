"""An error page saved under another name: the portal's re-users would get it as data."""

from __future__ import annotations

from syncd.core.file_names import extensions_of
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.content.reading import PAGES


def look(case: CheckInput) -> Reason | None:
    extension, _ = extensions_of(case.version.key)
    if case.profile.format != "html" or extension in PAGES:
        return None
    if case.profile.wrapped == "zip":
        return because("guard_html_inside")
    return because("guard_html", extension=extension)
