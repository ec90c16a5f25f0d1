"""What looking into one file may cost, and how the two processes speak of it."""

from __future__ import annotations

import struct

# Bytes of address space, of which libraries take 64 MiB: beside syncd itself (some 110 MiB) in a
# container of 512 MiB there is room left.
MEMORY = 360 << 20
_LEAST, _MOST = 120, 1200  # seconds of processor for a file
_PER_SECOND = 1 << 20  # bytes of a file that are worth a second more: the slowest format needs one
PATIENCE = 3  # seconds of the clock for each of the processor: the machine may be busy
IDLE = 60.0  # seconds without a file after which the process ends, and gives its memory back
FILES = 1000  # after so many files, or bytes of them, it is replaced: memory may be in pieces
BYTES = 256 << 20
DESCRIPTORS = 24  # that it may have open

LENGTH = struct.Struct("!I")  # before each message
LONGEST = 8 << 20  # bytes of an answer
READY = b"+"


def seconds_for(size: int) -> int:
    """Of the processor, for a file of so many bytes."""
    return min(_LEAST + size // _PER_SECOND, _MOST)
