"""Templates and what they may use: the words of `syncd.text`, figures, and addresses of the page.

Every text is escaped, and what hides text is shown as such, wherever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from syncd import __version__
from syncd.core.unseen import on_one_line
from syncd.text import figures, language, text
from syncd.web.charts import SHAPES, shape_of

FOLDER = Path(__file__).parent
# Those of the head, in their order: where, and the key of its name.
SECTIONS = (
    ("/", "page.to_do"),
    ("/datasets", "page.datasets"),
    ("/audit", "page.audit"),
    ("/runs", "page.runs"),
    ("/manifest", "page.manifest"),
)
_CODE = re.compile(r"`([^`]+)`")


class Templates:
    def __init__(self, *, has_theme: bool = False) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_in_sight,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(
            t=text,
            language=language,
            version=__version__,
            sections=SECTIONS,
            at=address,
            shape=shape_of,
            shapes=SHAPES,
            has_theme=has_theme,
        )
        self._environment.filters.update(
            when=when, number=_number, size=_size, duration=_duration, said=said
        )
        self._environment.tests["web"] = _is_web

    def render(self, name: str, facts: Mapping[str, object]) -> str:
        return self._environment.get_template(f"{name}.html").render(facts)


def address(path: str, **parameters: object) -> str:
    """Of a page of ours. What is empty is left out."""
    given = {name: str(value) for name, value in parameters.items() if value not in {None, ""}}
    return f"{path}?{urlencode(given, errors='replace')}" if given else path


def when(instant: datetime | None) -> str:
    return "" if instant is None else figures.local_date(instant.isoformat())


def said(sentence: str) -> Markup:
    """A sentence, with the commands in it set apart."""
    parts = _CODE.split(on_one_line(sentence))
    marked = [
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _number(count: float | None) -> str:
    return "" if count is None else figures.number(count)


def _size(count: int | None) -> str:
    return "" if count is None else figures.size(count)


def _duration(seconds: float) -> str:
    return figures.duration(max(0, round(seconds)))


def _in_sight(value: object) -> object:
    """Titles and keys are other people's."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return on_one_line(value)
    return value


def _is_web(link: str) -> bool:
    """Only the web is linked to, whatever the portal said."""
    return link.lower().startswith(("https://", "http://"))
