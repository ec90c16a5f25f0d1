"""What a geographic file shows on a map, as far as publications are compared by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any, Self

MOST = 500  # names of properties that are kept
_LONGEST = 200  # letters of a name
POINTS, LINES, AREAS = "points", "lines", "areas"
KINDS = frozenset({POINTS, LINES, AREAS})
# By the names that the OGC gives them.
SHAPES = {
    "Point": POINTS,
    "MultiPoint": POINTS,
    "LineString": LINES,
    "MultiLineString": LINES,
    "Polygon": AREAS,
    "MultiPolygon": AREAS,
}
_DIGITS = 3  # behind the sign: of degrees, a hundred metres, which is nobody's house
_LEAST = 10**-_DIGITS  # how wide a box of a single point is taken to be


@dataclass(frozen=True, slots=True)
class Box:
    """In the file's own unit, most often degrees."""

    west: float
    south: float
    east: float
    north: float

    @property
    def swapped(self) -> Box:
        """As it is where longitude and latitude are taken for each other."""
        return Box(self.south, self.west, self.north, self.east)

    def shares(self, other: Box) -> float:
        """How much of both lies in both, 0..1."""
        common = _area(_within(self, other))
        return common / (_area(self) + _area(other) - common)

    def touches(self, other: Box) -> bool:
        common = _within(self, other)
        return common.west <= common.east and common.south <= common.north

    def with_box(self, other: Box) -> Box:
        return Box(
            min(self.west, other.west),
            min(self.south, other.south),
            max(self.east, other.east),
            max(self.north, other.north),
        )


def _within(one: Box, other: Box) -> Box:
    return Box(
        max(one.west, other.west),
        max(one.south, other.south),
        min(one.east, other.east),
        min(one.north, other.north),
    )


def _area(box: Box) -> float:
    wide, high = box.east - box.west, box.north - box.south
    return max(wide, _LEAST) * max(high, _LEAST) if wide >= 0 and high >= 0 else 0.0


def box_of(values: Iterable[object]) -> Box | None:
    """Of west, south, east and north; None for what is no box."""
    sides = [float(value) for value in values if type(value) in {int, float}]  # type: ignore[arg-type]  # a number
    if len(sides) != 4 or not all(map(isfinite, sides)):
        return None
    west, south, east, north = (round(side, _DIGITS) for side in sides)
    return Box(west, south, east, north) if west <= east and south <= north else None


@dataclass(frozen=True, slots=True)
class Geography:
    """Of all features or geometries of one file, or of one archive."""

    box: Box | None = None
    kinds: tuple[str, ...] = ()  # of KINDS
    properties: tuple[str, ...] = ()  # that the features have; of very many, the first ones
    rare: tuple[str, ...] = ()  # of these, the ones that most features do not have

    def with_layer(self, other: Geography) -> Geography:
        """Of two layers in one archive."""
        boxes = [each for each in (self.box, other.box) if each is not None]
        return Geography(
            boxes[0].with_box(boxes[-1]) if boxes else None,
            tuple(sorted({*self.kinds, *other.kinds})),
            tuple(dict.fromkeys((*self.properties, *other.properties)))[:MOST],
            tuple(dict.fromkeys((*self.rare, *other.rare)))[:MOST],
        )

    def to_plain(self) -> dict[str, Any]:
        """For JSON; what has its usual value is left out."""
        plain: dict[str, Any] = {
            each.name: list(getattr(self, each.name))
            for each in fields(self)
            if each.name != "box" and getattr(self, each.name)
        }
        if self.box is not None:
            plain["box"] = [self.box.west, self.box.south, self.box.east, self.box.north]
        return plain

    @classmethod
    def from_plain(cls, read: object) -> Self | None:
        """None for what is none; in one, what is not as it should be is left out."""
        if not isinstance(read, Mapping):
            return None
        box = read.get("box")
        return cls(
            box_of(box) if isinstance(box, list) else None,
            tuple(kind for kind in _words(read.get("kinds")) if kind in KINDS),
            _words(read.get("properties")),
            _words(read.get("rare")),
        )


def _words(read: object) -> tuple[str, ...]:
    given = read[:MOST] if isinstance(read, list) else ()
    return tuple(word[:_LONGEST] for word in given if isinstance(word, str))


class Properties:
    """Counts in how many features each name is, in bounded memory."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def note_new(self, name: str) -> None:
        if len(self.counts) < MOST:
            self.counts[name] = 1

    def found(self, features: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """All names, and those that most of so many features do not have."""
        names = {name: " ".join(name.split())[:_LONGEST] for name in self.counts}
        rare = [names[name] for name, count in self.counts.items() if 2 * count < features]
        return tuple(dict.fromkeys(names.values())), tuple(dict.fromkeys(rare))
