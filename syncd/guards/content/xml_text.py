"""Reads XML as a stream; entities, the way of attacks on readers, are refused (defusedxml)."""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from syncd.core.reasons import because
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


def scan(stream: BinaryIO) -> Profile:
    """`rows` is the number of elements."""
    handler = _Count()
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
    return Profile("xml", rows=handler.count, trouble=trouble)
