"""How much a manifest may be, and how much is said of a bad one.

Ten thousand resources with long keys take 1.5 MB and 60 000 keys and values.
"""

from __future__ import annotations

MAX_BYTES = 2 * 1024 * 1024
MAX_WRITTEN = 250_000  # keys and values in the file
MAX_BESIDE = 10_000  # keys of one group, but for `known`: a manifest has a dozen, or some hundred
MAX_NODES = 400_000  # the same, aliases expanded
MAX_DEPTH = 40  # a manifest needs seven
MAX_VALUE = 10_000  # characters of one value: `paused` may be a text of several lines
MAX_KEY = 2_000  # characters of one key: those under `known` may be as long as an object's

MAX_EXPLAINED = 5_000  # problems of each kind that are looked at one by one; the others are counted
MAX_TYPOS = 20_000  # that are mended for the reading
