"""A folder of somebody's own sheets, fonts and pictures, which the page shows over its own.

What may be asked for is listed once, at the start: no name from outside ever becomes a path.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncd.core.errors import UsageError
from syncd.core.regular_expressions import regex

SHEET = "theme.css"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
MOST = 5000  # files; the State's design system has some 1 500
LARGEST = 2 * 1024 * 1024  # bytes
_NAME = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,5}")
_CACHE = "max-age=3600"


class Theme:
    """The files of a folder that a browser may have. `UsageError` where it has no sheet."""

    def __init__(self, folder: Path) -> None:
        self._files = _listed(folder)
        if SHEET not in self._files:
            raise UsageError("page_no_theme", path=str(folder), sheet=SHEET)

    @property
    def paths(self) -> frozenset[str]:
        """Of the page's addresses."""
        return frozenset(f"/theme/{name}" for name in self._files)

    def route(self) -> Route:
        return Route("/theme/{name:path}", self._answered, methods=["GET"])

    def _answered(self, request: Request) -> Response:
        path = self._files.get(request.path_params["name"])
        try:
            content = path.read_bytes() if path is not None else None
        except OSError:  # taken away since
            content = None
        if path is None or content is None or len(content) > LARGEST:
            raise HTTPException(404)
        kind = TYPES[path.suffix]
        return Response(content, headers={"Cache-Control": _CACHE, "Content-Type": kind})


def _listed(folder: Path) -> dict[str, Path]:
    """By their names below the folder. What a link leads out of it to is not listed."""
    home = os.path.realpath(folder)
    found: dict[str, Path] = {}
    for above, folders, names in os.walk(home):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(above, name)
            shown = path.relative_to(home).as_posix()
            if _may_be_had(path, home) and _NAME.fullmatch(shown) and len(found) < MOST:
                found[shown] = path
    return found


def _may_be_had(path: Path, home: str) -> bool:
    try:
        within = os.path.realpath(path).startswith(home + os.sep)
        return path.suffix in TYPES and within and path.is_file() and path.stat().st_size <= LARGEST
    except OSError:
        return False


def theme_of(folder: Path | None) -> Theme | None:
    return Theme(folder) if folder is not None else None
