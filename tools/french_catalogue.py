"""The French catalogue: what `make catalogue` writes, and what the tests hold it against.

All that is marked in `syncd`, most of it in `syncd/text`, is extracted; the catalogue keeps the
French forms of those that
are still there; what it is compiled to is what syncd reads.
"""

from __future__ import annotations

import io
import re
import sys
from functools import cache
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "syncd"
SOURCE = ROOT / "syncd" / "locale" / "fr" / "LC_MESSAGES" / "syncd.po"
COMPILED = SOURCE.with_suffix(".mo")

_KEYWORDS = {"N_": None, "NP_": (1, 2)}


def template() -> Catalog:
    """All that is marked for translation, in the order of the files, which is by name."""
    found = Catalog(project="syncd", fuzzy=False)
    for file in sorted(PACKAGE.rglob("*.py")):
        with file.open("rb") as source:
            for _, words, _, _ in extract("python", source, keywords=_KEYWORDS):
                # No line numbers: a line more would change the whole catalogue.
                found.add(words, locations=[(file.relative_to(ROOT).as_posix(), None)])  # type: ignore[list-item]  # no number
    return found


def catalogue() -> Catalog:
    with SOURCE.open("rb") as source:
        return read_po(source, locale="fr", abort_invalid=True)


def up_to_date() -> Catalog:
    """The catalogue with exactly the sentences that there are now."""
    found = catalogue()
    dates = found.creation_date
    found.update(template(), no_fuzzy_matching=True)
    found.obsolete.clear()
    found.creation_date = dates  # or each run would change the file
    return found


def written(found: Catalog) -> bytes:
    into = io.BytesIO()
    write_po(into, found, width=100, include_lineno=False)
    # Another Babel is no other catalogue.
    return re.sub(rb'"Generated-By: .*\n', b"", into.getvalue())


def compiled(found: Catalog) -> bytes:
    into = io.BytesIO()
    write_mo(into, found)
    return into.getvalue()


def lacking(found: Catalog) -> list[Message]:
    """Sentences without a French form, or with one that nobody has confirmed."""
    return [one for one in found if one.id and (one.fuzzy or not all(forms(one)))]


def forms(one: Message) -> tuple[str, ...]:
    """The French forms: one, or one for each form of the plural. "" where there is none yet."""
    found = one.string or ""
    return (found,) if isinstance(found, str) else tuple(found)


def ids(one: Message) -> tuple[str, ...]:
    """The English forms."""
    return (one.id,) if isinstance(one.id, str) else tuple(one.id)


def pairs() -> list[tuple[str, str]]:
    """(English, French), each form of a plural for itself."""
    found = (zip(ids(one), forms(one), strict=True) for one in catalogue() if one.id)
    return [pair for pairs in found for pair in pairs]


def in_english(said: str) -> list[str]:
    """The English sentences that occur in what was said, whatever their facts."""
    flat = " ".join(said.split())
    return [english for english, pattern in _english() if pattern.search(flat)]


@cache
def _english() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for english, french in pairs():
        parts = [literal for literal, *_ in Formatter().parse(english)]
        words = re.findall(r"[A-Za-z]{2,}", " ".join(parts))
        if english != french and len(words) > 2:  # fewer could stand in a French text, too
            pattern = ".{0,80}?".join(re.escape(part) for part in parts)
            found.append((english, re.compile(pattern)))
    return found


def main() -> int:
    found = up_to_date()
    SOURCE.write_bytes(written(found))
    COMPILED.write_bytes(compiled(found))
    missing = lacking(found)
    for one in missing:
        words = one.id if isinstance(one.id, str) else one.id[0]
        sys.stdout.write(f"No French form yet: {words}\n")
    sys.stdout.write(
        f"{SOURCE.relative_to(ROOT)}: {len(found)} sentences, {len(missing)} without\n"
    )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
