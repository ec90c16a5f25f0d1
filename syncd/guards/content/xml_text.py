"""Reads XML as a stream; entities, the way of attacks on readers, are refused (defusedxml)."""

from __future__ import annotations

from typing import Any, BinaryIO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from syncd.core.reasons import because
from syncd.guards.profile import Profile

_BLOCK = 1 << 18


class _Count(ContentHandler):
    count = 0

    def startElement(self, *_: Any) -> None:  # noqa: N802 - SAX's own name
        self.count += 1


def scan(stream: BinaryIO) -> Profile:
    """`rows` is the number of elements."""
    handler = _Count()
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=False)
    # A document may name a DTD elsewhere; it is not fetched.
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(handler)
    trouble = None
    try:
        while chunk := stream.read(_BLOCK):
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException:
        trouble = because("guard_xml_entities")
    except SAXParseException as error:
        line, column = error.getLineNumber() or 1, error.getColumnNumber() or 0
        trouble = because("guard_xml", line=line, column=column + 1)
    except (SAXException, ValueError, LookupError):  # such as an encoding that does not exist
        trouble = because("guard_xml_encoding")
    return Profile("xml", rows=handler.count, trouble=trouble)
