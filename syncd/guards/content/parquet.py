"""Reads Parquet to its end, batch by batch (arro3, over the Rust implementation of Arrow)."""

from __future__ import annotations

import os
from io import FileIO

from arro3.io import read_parquet

from syncd.core.reasons import because
from syncd.core.shortages import shortage_in
from syncd.guards.content.foreign import panics_as
from syncd.guards.profile import Profile

_MAGIC = b"PAR1"


def scan(file: FileIO) -> Profile:
    if not _has_footer(file):
        return Profile("parquet", trouble=because("guard_parquet"))
    try:
        with panics_as(ValueError):
            reader = read_parquet(file)
            header = tuple(str(name) for name in reader.schema.names)
            rows = sum(batch.num_rows for batch in reader)
    except Exception as error:  # its errors have no common class of their own
        if shortage_in(error) is not None:
            raise
        return Profile("parquet", trouble=because("guard_parquet"))
    return Profile("parquet", header=header, rows=rows)


def _has_footer(file: FileIO) -> bool:
    """Whether the file's end is there: what a transfer that was cut lacks."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    end = file.read(8)
    file.seek(0)
    return end[4:] == _MAGIC and int.from_bytes(end[:4], "little") <= size - 12
