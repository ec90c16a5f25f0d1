"""YAML text to a tree with places: the plain way, and the careful one where that is not enough."""

from __future__ import annotations

from syncd.config.manifest.diagnostics.secrecy import shown
from syncd.config.manifest.limits import MAX_BYTES, MAX_EXPLAINED
from syncd.config.manifest.lines import BOM, place_of
from syncd.config.manifest.plain_reading import read_plain
from syncd.config.manifest.tree import Node
from syncd.core.errors import Problem
from syncd.core.reasons import because


def decode(data: bytes, file: str) -> str | Problem:
    """The text of the file's bytes; a problem when they are too many or not UTF-8."""
    if len(data) > MAX_BYTES:
        return Problem(because("file_too_large", size=len(data), limit=MAX_BYTES), file)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        place = place_of(before, len(before))
        byte = data[error.start : error.start + 1]
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        if utf16:
            likely = "".join(data[:400].decode("utf-16", "replace").split("\n")[:1]).strip() or "…"
        else:
            likely = byte.decode("cp1252", "replace")
        reason = because(
            "not_utf8",
            byte=f"0x{byte.hex()}",
            likely=shown(likely) if likely.strip() else f"U+{ord(likely):04X}",
            encoding="UTF-16" if utf16 else "Latin-1",
        )
        return Problem(reason, file, place.line, place.column)


def decode_roughly(line: bytes) -> str:
    """A line of a file that begins as UTF-8 and goes on in Latin-1 or Windows' code page."""
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good, rest = line[: error.start], line[error.start :]
        return good.decode("utf-8-sig") + rest.decode("cp1252", "replace")


class Problems(list[Problem]):
    """Those that are explained one by one, and how many more there are."""

    more = 0

    def only_counted(self) -> bool:
        """Whether the next one is one too many, and counted instead of explained."""
        full = len(self) >= MAX_EXPLAINED
        self.more += full
        return full


def read(text: str, file: str) -> tuple[Node | None, Problems]:
    """The tree, and what is wrong with it as YAML. No tree: one problem that stopped the reading.

    Problems beside a tree: duplicate keys, keys that are no text, tags, merge keys, long texts.
    """
    text = text.removeprefix(BOM)
    plain = read_plain(text)
    if plain is not None:
        return plain, Problems()
    # Here: a manifest without a mistake does not wait for a second library.
    from syncd.config.manifest.careful_reading import read_carefully

    return read_carefully(text, file)
