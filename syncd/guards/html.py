"""An error page saved under another name: the portal's re-users would get it as data."""

from __future__ import annotations

from syncd.core.file_names import extensions_of
from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope

PAGES = frozenset({"html", "htm", "xhtml"})  # extensions that promise such a page


def look(case: CheckInput) -> Reason | None:
    extension, _ = extensions_of(case.version.key)
    if case.profile.format != "html" or extension in PAGES:
        return None
    if case.profile.wrapped == "zip":
        return because("guard_html_inside")
    return because("guard_html", extension=extension)


GUARD = FileGuard(
    name="html",
    group=Group.FORMAT,
    rank=30,
    summary=N_("An HTML page under the name of another format."),
    detail=N_("Such as an error message that was saved as data."),
    scope=Scope.CONTENT,
    look=look,
)
