"""A manifest's text with more datasets: what was there stays as it was, letter by letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from syncd.config.manifest.lines import BOM
from syncd.config.manifest.loaded_manifest import LoadedManifest
from syncd.config.manifest.loading import loaded
from syncd.config.manifest.reading import decode, read
from syncd.config.manifest.tree import Node, mapping_at, plain, text_at
from syncd.core.errors import UsageError

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # with its end
_INDENT = 2  # of the dashes in the lines that are added
_SKIPPED = re.compile(r"(?:#.*|\.\.\.(?:\s.*)?)?")  # a comment, the end of a document, nothing


@dataclass(frozen=True, slots=True)
class ManifestText:
    """A file that is a manifest without a problem."""

    data: bytes
    file: str  # its name
    manifest: LoadedManifest

    @classmethod
    def of(cls, data: bytes, file: str) -> ManifestText:
        """`ManifestError`"""
        return cls(data, file, loaded(data, file))

    @property
    def default_source(self) -> str:
        """ "" where `defaults` names none."""
        return text_at(mapping_at(_tree(self.data, self.file), "defaults"), "source") or ""

    def mentions(self, dataset: str) -> bool:
        """Whether this id stands anywhere in it, in a comment too."""
        return dataset.encode() in self.data

    def with_datasets(self, lines: list[str]) -> bytes:
        """`lines` go to the end of `datasets`; their dashes stand behind two blanks.

        `UsageError` where that would make it another manifest than this one with more datasets,
        `ManifestError` where it would be none.
        """
        text = self.data.decode("utf-8")  # with its byte order mark, where it has one
        there = _LINE.findall(text)
        place = _place(text.removeprefix(BOM), there)
        if place is None:
            raise UsageError("init_into_brackets", path=self.file)
        at, indent = place
        end = "\r\n" if "\r\n" in text else "\n"
        added = [_shifted(line, indent - _INDENT) + end for line in lines]
        if there[at - 1].strip():
            added.insert(0, end)
        if not there[at - 1].endswith(("\r", "\n")):
            added.insert(0, end)
        if at < len(there) and there[at].strip():
            added.append(end)
        grown = "".join([*there[:at], *added, *there[at:]]).encode()
        self._expect_right(grown)
        return grown

    def _expect_right(self, grown: bytes) -> None:
        loaded(grown, self.file)
        before, after = plain(_tree(self.data, self.file)), plain(_tree(grown, self.file))
        if not isinstance(before, dict) or not isinstance(after, dict):
            raise TypeError("a manifest is a mapping")
        after["datasets"] = after["datasets"][: len(before["datasets"])]
        if before != after:
            raise UsageError("init_into_brackets", path=self.file)


def _tree(data: bytes, file: str) -> Node:
    text = decode(data, file)
    root = read(text, file)[0] if isinstance(text, str) else None
    if root is None:
        raise ValueError("no manifest")
    return root


def _place(text: str, lines: list[str]) -> tuple[int, int] | None:
    """Before which line more goes (from 0), and how far its dashes are indented.

    None where `datasets` is not written as lines with dashes.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return None
    if not isinstance(root, MappingNode) or root.flow_style:
        return None
    keys = [key for key, _ in root.value]
    where = next(n for n, key in enumerate(keys) if key.value == "datasets")
    listed = root.value[where][1]
    if not isinstance(listed, SequenceNode) or listed.flow_style:
        return None
    first = listed.value[0].start_mark.line
    dash = re.match(r"( *)-(?:\s|$)", lines[first])
    if dash is None or not keys[where].start_mark.line < first:
        return None
    indent = len(dash[1])
    below = keys[where + 1].start_mark.line if where + 1 < len(keys) else len(lines)
    at = below
    while _SKIPPED.fullmatch(lines[at - 1].strip()):
        at -= 1
    # What is commented out below the last entry, or says something of it, belongs to it.
    for n in range(at, below):
        comment = re.match(r"( *)#", lines[n])
        if comment and len(comment[1]) >= max(indent, 1):
            at = n + 1
        elif lines[n].strip():
            break
    return at, indent


def _shifted(line: str, by: int) -> str:
    if not line:
        return line
    return " " * by + line if by >= 0 else line[-by:]
