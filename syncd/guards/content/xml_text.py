"""Reads XML as a stream; entities, the way of attacks on readers, are refused (defusedxml)."""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from syncd.core.reasons import because
from syncd.guards.geography import AREAS, LINES, POINTS, Geography, box_of
from syncd.guards.profile import Profile

_BLOCK = 1 << 16
DEPTH = 10_000  # elements within each other: expat remembers each
ATTRIBUTES = 100  # declared in the document: with usual values, each element is given all of them
# Bytes of one tag, comment or instruction: expat begins it anew with each block.
TOKEN = 4 << 20


class _Excess(Exception):
    """More than careful readers take."""


class _Count(ContentHandler):
    count = 0
    _depth = 0

    def startElement(self, *_: Any) -> None:  # noqa: N802 - SAX's own name
        self.count += 1
        self._depth += 1
        if self._depth > DEPTH:
            raise _Excess

    def endElement(self, *_: Any) -> None:  # noqa: N802 - SAX's own name
        self._depth -= 1


class _Map(_Count):
    """Of KML: where its points are, and which shapes these make."""

    def __init__(self) -> None:
        super().__init__()
        self._is_inside = False  # coordinates
        self._words: list[str] = []
        self._size = 0  # letters of these
        self._sides = [_FAR, _FAR, -_FAR, -_FAR]
        self._kinds: set[str] = set()

    def startElement(self, *found: Any) -> None:  # noqa: N802 - SAX's own name
        super().startElement(*found)
        name = found[0].rpartition(":")[2]
        self._is_inside = name == "coordinates"
        if name in _SHAPES:
            self._kinds.add(_SHAPES[name])

    def characters(self, content: str) -> None:
        if self._is_inside:
            self._words.append(content)
            self._size += len(content)
            if self._size > _BLOCK:
                self._look_at(whole=False)

    def endElement(self, *found: Any) -> None:  # noqa: N802 - SAX's own name
        super().endElement(*found)
        if self._words:
            self._look_at(whole=True)
        self._is_inside = False

    def _look_at(self, *, whole: bool) -> None:
        text = "".join(self._words)
        rest = "" if whole or text[-1].isspace() else text.split()[-1]  # it may go on
        self._words, self._size = [rest] if rest else [], len(rest)
        west, south, east, north = self._sides
        for point in text[: len(text) - len(rest)].split():
            try:
                x, y = map(float, point.split(",")[:2])
            except ValueError:
                continue
            west, south = min(west, x), min(south, y)
            east, north = max(east, x), max(north, y)
        self._sides = [west, south, east, north]

    @property
    def geography(self) -> Geography:
        return Geography(box_of(self._sides), tuple(sorted(self._kinds)))


_FAR = float("inf")
_SHAPES = {"Point": POINTS, "LineString": LINES, "Track": LINES, "Polygon": AREAS}


class _Parser(DefusedExpatParser):  # type: ignore[misc]  # it has no types
    """Refuses, too, what makes expat work far more than the document is long."""

    pending = 0  # bytes of what goes on: the next block is as long, so that they at least double
    _fed = _declared = 0

    def reset(self) -> None:
        """Called when the first bytes come."""
        super().reset()
        self._parser.AttlistDeclHandler = self._attribute

    def feed(self, data: bytes, isFinal: bool = False) -> None:  # noqa: N803 - SAX's own name
        super().feed(data, isFinal)
        self._fed += len(data)
        self.pending = self._fed - max(self._parser.CurrentByteIndex, 0)
        if self.pending > TOKEN:
            raise _Excess

    def _attribute(self, *_: Any) -> None:
        self._declared += 1
        if self._declared > ATTRIBUTES:
            raise _Excess


def scan(stream: BinaryIO, *, is_map: bool = False) -> Profile:
    """`rows` is the number of elements. `is_map`: whether it is KML."""
    handler = _Map() if is_map else _Count()
    parser = _Parser(forbid_dtd=False, forbid_entities=True, forbid_external=False)
    # A document may name a DTD elsewhere; it is not fetched.
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(handler)
    trouble = None
    try:
        while chunk := stream.read(max(_BLOCK, parser.pending)):
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException:
        trouble = because("guard_xml_entities")
    except _Excess:
        facts = {"depth": DEPTH, "attributes": ATTRIBUTES, "token": TOKEN}
        trouble = because("guard_xml_excess", **facts)
    except SAXParseException as error:
        line, column = error.getLineNumber() or 1, error.getColumnNumber() or 0
        trouble = because("guard_xml", line=line, column=column + 1)
    except (SAXException, ValueError, LookupError):  # such as an encoding that does not exist
        trouble = because("guard_xml_encoding")
    where = handler.geography if isinstance(handler, _Map) and trouble is None else None
    return Profile("xml", rows=handler.count, geography=where, trouble=trouble)
