"""Marks sentences for translation where they are written; they are translated when said."""

from __future__ import annotations


class Counted(str):
    """A sentence whose words depend on a number: itself for one, `many` for the others.

    `by` names the fact that counts. Each language says by its catalogue what "one" means.
    """

    many: str
    by: str

    def __new__(cls, one: str, many: str, by: str) -> Counted:
        self = super().__new__(cls, one)
        self.many = many
        self.by = by
        return self


def N_(message: str) -> str:  # noqa: N802 - gettext's usual name
    return message


def NP_(one: str, many: str, by: str = "count") -> Counted:  # noqa: N802 - as above, for plurals
    return Counted(one, many, by)
