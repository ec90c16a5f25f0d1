"""The guards' tables of the documentation, in both languages, made of what each guard declares.

A page takes one by a pair of marks: `<!-- guards:en -->` (or `fr`) and `<!-- guards:end -->`. What
stands between them is written by `make schema`, and held to the guards by the tests.
"""

from __future__ import annotations

import gettext
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from syncd.guards import GUARDS, Guard

ROOT = Path(__file__).parents[1]
MARKED = re.compile(r"(<!-- guards:(en|fr) -->\n).*?(<!-- guards:end -->)", re.DOTALL)

_HEADS = {
    "en": ("guard", "finds", "where the manifest says nothing"),
    "fr": ("contrôle", "signale", "si le manifeste n’en dit rien"),
}
_FIRST = {
    "en": "{usual}; {first} on a first publication",
    "fr": "{usual}\u00a0; {first} à la première publication",
}
_LIMIT = {
    "en": "{usual} above {limit:.0f} % (`{name}: 80%` moves the limit)",
    "fr": "{usual} au-delà de {limit:.0f}\u00a0% (`{name}: 80%` déplace la limite)",
}


def pages() -> Iterator[Path]:
    """The pages that have such a table."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if MARKED.search(page.read_text(encoding="utf-8")):
            yield page


def with_tables(page: str) -> str:
    """The page with its tables as they are to be."""
    return MARKED.sub(lambda found: found[1] + guard_table(found[2]) + found[3], page)


def guard_table(language: str) -> str:
    """A Markdown table in this language, one row per guard, in the manifest's order."""
    said = gettext.translation(
        "syncd", ROOT / "syncd" / "locale", languages=[language], fallback=True
    ).gettext
    head = _HEADS[language]
    rows = [head, ("---",) * len(head), *(_row(one, language, said) for one in GUARDS.values())]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _row(guard: Guard, language: str, said: Callable[[str], str]) -> tuple[str, str, str]:
    words = " ".join(said(text) for text in (guard.summary, guard.detail) if text)
    return f"`{guard.name}`", words, _usual(guard, language)


def _usual(guard: Guard, language: str) -> str:
    usual = f"`{guard.level}`"
    if guard.limit is not None:
        return _LIMIT[language].format(usual=usual, limit=100 * guard.limit, name=guard.name)
    if guard.first is not None:
        return _FIRST[language].format(usual=usual, first=f"`{guard.first}`")
    return ", ".join((usual, *(f"`{level}`" for level in guard.by_code.values())))


def main() -> int:
    for page in pages():
        page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
        sys.stdout.write(f"{page.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
