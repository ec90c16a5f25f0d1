"""Which columns hold numbers of persons: where more of those looked at are valid than by chance.

Of the numbers themselves nothing is kept longer than the reading of the file.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

Column = TypeVar("Column", int, str)

_CHANCE: Final = 1 / 97  # of any number of the form: how often its two last digits are its key
_IMPROBABLE: Final = 0.011  # a single number with its key is just that
_FEW: Final = 2000  # up to how many the chance is worked out; beyond, a share tells
_SHARE_OF_MANY: Final = 0.025
# Of those without a key: an address is known by its form, digits in telephone numbers' form by
# their company.
_SHARES: Final = {"email": 0.0, "telephone": 0.5}
_DISTINCT, _DISTINCT_IN_ALL = 300, 100_000  # so many are told apart, of a column and in all


class PersonalColumns(Generic[Column]):
    """Columns are named by their place or by their name, as the reader has them."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, Column], list[int]] = {}  # valid, looked at
        self._seen: dict[tuple[str, Column], set[int]] = {}
        self._left = _DISTINCT_IN_ALL

    def note(self, kind: str, column: Column, text: str, *, is_valid: bool) -> None:
        """`text`: what has the form of such a number. The same once more says nothing new."""
        place = kind, column
        seen = self._seen.setdefault(place, set())
        if (sign := hash(text)) in seen:
            return
        if len(seen) < _DISTINCT and self._left:
            seen.add(sign)
            self._left -= 1
        counts = self._counts.setdefault(place, [0, 0])
        counts[0] += is_valid
        counts[1] += 1

    def found(self) -> dict[str, list[Column]]:
        columns: dict[str, list[Column]] = {}
        for (kind, column), (valid, looked_at) in self._counts.items():
            if valid and _is_no_chance(kind, valid, looked_at):
                columns.setdefault(kind, []).append(column)
        return columns


def _is_no_chance(kind: str, valid: int, looked_at: int) -> bool:
    if kind in _SHARES:
        return valid >= _SHARES[kind] * looked_at
    if looked_at > _FEW:
        return valid > _SHARE_OF_MANY * looked_at
    return _probability(valid, looked_at) < _IMPROBABLE


def _probability(valid: int, looked_at: int) -> float:
    """That by chance so many or more are valid: what is left of the binomial distribution."""
    fewer, exactly = 0.0, (1 - _CHANCE) ** looked_at
    for count in range(valid):
        fewer += exactly
        exactly *= (looked_at - count) / (count + 1) * _CHANCE / (1 - _CHANCE)
    return 1 - fewer
