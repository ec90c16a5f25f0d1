"""Figures of a sentence that says what is beyond a limit: they never say the opposite. Pure."""

from __future__ import annotations

_MOST_DIGITS = 9  # after the point


def beyond(found: float, limit: float, whole: float | None = None) -> tuple[float, float]:
    """Both as they are shown: `found`, which is above `limit`, with as few digits as show that.

    `whole`: what `found` does not reach is not shown as that: 3 rows of 1 000 left are no 100 %.
    """
    bound = _plain(float(f"{limit:.10g}"))
    for digits in range(_MOST_DIGITS):
        shown = round(found, digits)
        if shown > bound and (whole is None or found >= whole or shown < whole):
            return _plain(shown), bound
    return found, bound


def percent_beyond(found: float, limit: float) -> tuple[float, float]:
    """The same, of shares of 1, in percent."""
    return beyond(100 * found, 100 * limit, whole=100)


def _plain(figure: float) -> float:
    return int(figure) if figure.is_integer() else figure
