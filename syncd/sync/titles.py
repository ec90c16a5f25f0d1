"""Whose a title is: a person's, or that of a file's name, which every upload gives. Pure."""

from __future__ import annotations

from typing import NamedTuple

from syncd.core.file_names import extensions_of, slug
from syncd.core.portal import Resource
from syncd.core.records import Row


class Titles(NamedTuple):
    wanted: str  # what must stand there in the end
    written: str  # the last that a person wrote; "" = none is known


def written(row: Row | None, online: Resource) -> str:
    """The last title that a person wrote, as far as the ledger and the portal know; "" = none.

    | the title online                            | is                                     |
    |---------------------------------------------|----------------------------------------|
    | that of the last look                       | what it was then                       |
    | another one, and not its file's name        | a person's                             |
    | its file's name, and it is the same file    | a person's, who wrote it on purpose    |
    | its file's name, and it is another file     | nobody's: an upload gave it            |
    """
    if row is None:
        return "" if online.has_made_title else online.title
    known = row.written_title if row.file_url else if_written(row.title)
    if online.title == row.title:
        return known
    if online.has_made_title and not _is_same_file(row, online):
        return known
    return online.title


def _is_same_file(row: Row, online: Resource) -> bool:
    if row.file_url:
        return row.file_url == online.url
    return row.published is not None and online.holds(row.published.digest)


def if_written(title: str) -> str:
    """A title that older versions noted, which did not note whose it was; "" for a file's name."""
    inner, _ = extensions_of(title)
    return "" if inner and slug(title) == title else title


def named(row: Row | None, online: Resource) -> str:
    """What to call it before persons."""
    return (written(row, online) if online.has_made_title else "") or online.title
