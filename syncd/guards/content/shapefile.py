"""What a shapefile shows, by the heads of two of its parts (ESRI's description; dBASE III)."""

from __future__ import annotations

import struct

from syncd.guards.geography import AREAS, LINES, POINTS, Geography, box_of

_SHP, _DBF = 100, 32  # bytes of their heads
_SIGN = 9994
_SHAPES = {1: POINTS, 8: POINTS, 3: LINES, 5: AREAS, 31: AREAS}  # with heights or measures +10, +20
_FIELDS_END = 0x0D


def shapes_of(head: bytes) -> Geography | None:
    """`head`: the first bytes of the .shp."""
    if len(head) < _SHP or struct.unpack_from(">I", head)[0] != _SIGN:
        return None
    (kind,) = struct.unpack_from("<I", head, 32)
    shape = _SHAPES.get(kind, _SHAPES.get(kind % 10, ""))
    west, south, east, north = struct.unpack_from("<4d", head, 36)
    box = box_of((west, south, east, north))
    if box is not None and box.west == box.east == box.south == box.north == 0:  # none is written
        box = None
    return Geography(box, (shape,) if shape else ())


def table_of(head: bytes) -> tuple[int, tuple[str, ...]] | None:
    """`head`: the first bytes of the .dbf. How many rows it has, and the names of its columns."""
    if len(head) < _DBF:
        return None
    rows, length = struct.unpack_from("<IH", head, 4)
    names = []
    for at in range(_DBF, min(length, len(head)) - _DBF + 1, _DBF):
        if head[at] == _FIELDS_END:
            break
        names.append(head[at : at + 11].split(b"\0")[0].decode("latin-1").strip())
    return rows, tuple(names)
