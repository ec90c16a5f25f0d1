"""Regular expressions that are compiled when they are first asked."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, except that a mistake in `pattern` shows at the first use.

    For constants of modules: reading a manifest loads some fifty that a sound one never asks, and
    compiling these took a tenth of the start of a command. tests/unit/core holds that each of them
    compiles.
    """
    return cast("re.Pattern[AnyStr]", _Regex(pattern, flags))


class _Regex:
    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._given = flags

    def __getattr__(self, name: str) -> Any:
        """Asked once for each name: from then on the attribute is there."""
        value = getattr(re.compile(self.pattern, self._given), name)
        setattr(self, name, value)
        return value
