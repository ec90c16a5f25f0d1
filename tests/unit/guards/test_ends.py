"""Documents, images and containers that lost their end are held; what readers open is not."""

from __future__ import annotations

import io
import lzma
import sqlite3
import struct
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from tests.support.builders import version
from tests.support.content_builders import case, codes
from tests.support.shared_reader import looked_into, read_here

_NOISE = bytes((at * 167 + at // 7) % 251 for at in range(5000))  # packed, as far as anyone sees


def _pdf() -> bytes:
    body = b"%PDF-1.7\n1 0 obj\n<</Length 5000>>\nstream\n" + _NOISE + b"\nendstream\nendobj\n"
    return body + b"xref\n0 2\ntrailer\n<</Size 2>>\nstartxref\n%d\n%%%%EOF\n" % len(body)


def _png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 50, 33, 8, 2, 0, 0, 0))
    pixels = zlib.compress(b"".join(b"\0" + _NOISE[at : at + 150] for at in range(33)))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _jpeg(thumbnail: bytes = b"") -> bytes:
    def part(code: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, code, len(data) + 2) + data

    packed = _NOISE.replace(b"\xff", b"\xff\0")
    head = b"\xff\xd8" + part(0xE1, b"Exif\0\0" + thumbnail) + b"\xff" + part(0xDB, bytes(65))
    return head + part(0xDA, bytes(10)) + packed + b"\xff\xd0" + packed + b"\xff\xd9"


def _gif() -> bytes:
    blocks = b"".join(b"\xfa" + _NOISE[at : at + 250] for at in range(0, 2500, 250))
    picture = b"," + bytes(8) + b"\x81" + bytes(12) + b"\x08" + blocks + b"\0"
    return (
        b"GIF89a"
        + bytes(4)
        + b"\x80\0\0"
        + bytes(6)
        + b"!\xf9\x04"
        + bytes(4)
        + b"\0"
        + picture
        + b";"
    )


def _tiff(order: str = "<", *, first: bool = False) -> bytes:
    """Two strips; `first`: their directory stands before them."""
    entries = ((256, 4, 1, 50), (257, 4, 1, 40), (273, 4, 2, 0), (279, 4, 2, 0))
    start = 8 if first else 8 + 4000
    arrays = start + 2 + 12 * len(entries) + 4
    pixels = arrays + 16 if first else 8
    values = {273: arrays, 279: arrays + 8}
    listed = b"".join(
        struct.pack(f"{order}HHII", tag, kind, count, values.get(tag, value))
        for tag, kind, count, value in entries
    )
    directory = struct.pack(f"{order}H", len(entries)) + listed + bytes(4)
    directory += struct.pack(f"{order}4I", pixels, pixels + 2000, 2000, 2000)
    magic = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    both = (directory, _NOISE[:4000]) if first else (_NOISE[:4000], directory)
    return magic + b"".join(both)


def _webp() -> bytes:
    return (
        b"RIFF" + struct.pack("<I", 4 + 8 + 5000) + b"WEBPVP8L" + struct.pack("<I", 5000) + _NOISE
    )


def _geopackage() -> bytes:
    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("create table communes (id integer primary key, nom text)")
        base.executemany(
            "insert into communes (nom) values (?)", [(f"Commune {n}" * 9,) for n in range(500)]
        )
        base.commit()
        return base.serialize()


def _seven_zip() -> bytes:
    start = struct.pack("<QQI", len(_NOISE), 40, 0)
    return (
        b"7z\xbc\xaf\x27\x1c\0\4"
        + struct.pack("<I", zlib.crc32(start))
        + start
        + _NOISE
        + bytes(40)
    )


def _old_rar() -> bytes:
    main = struct.pack("<HBHH", 0, 0x73, 0, 13) + bytes(6)
    file = struct.pack("<HBHHI", 0, 0x74, 0x8000, 40, len(_NOISE)) + bytes(29) + _NOISE
    return b"Rar!\x1a\x07\0" + main + file + struct.pack("<HBHH", 0, 0x7B, 0, 7)


def _rar() -> bytes:
    """With lengths of one and two bytes, and something more in the head of the file."""
    main = bytes(4) + b"\x03\x01\x00\x00"
    file = bytes(4) + b"\x08\x02\x03\x01\x88\x27" + bytes(3) + _NOISE
    return b"Rar!\x1a\x07\x01\0" + main + file + bytes(4) + b"\x03\x05\x00\x00"


WHOLE: Mapping[str, bytes] = {
    "a.pdf": _pdf(),
    "a.png": _png(),
    "a.jpg": _jpeg(),
    "a.gif": _gif(),
    "a.tif": _tiff(),
    "b.tiff": _tiff(">"),
    "c.tif": _tiff(first=True),
    "a.webp": _webp(),
    "a.gpkg": _geopackage(),
    "a.7z": _seven_zip(),
    "old.rar": _old_rar(),
    "a.rar": _rar(),
    "a.xz": lzma.compress(_NOISE),
    "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/><g>'
    + b"<g/>" * 900
    + b"</g></svg>",
}


def _held(path: Path, content: bytes, name: str) -> list[str]:
    path.write_bytes(content)
    found = read_here(path, name)
    accepted = frozenset(part.rpartition(".")[2] for part in WHOLE)
    judged = guards.judge(
        case(version=version(name), found=found, accepted=accepted), GuardPolicy({})
    )
    assert not judged.faults
    return codes(judged.held)


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_is_whole_is_let_pass(tmp_path: Path, name: str) -> None:
    assert _held(tmp_path / "file", WHOLE[name], name) == []


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.985])
@pytest.mark.parametrize("name", WHOLE)
def test_a_file_that_lost_its_end_is_held(tmp_path: Path, name: str, share: float) -> None:
    cut = WHOLE[name][: int(len(WHOLE[name]) * share)]
    expected = "guard_xml" if name.endswith(".svg") else "guard_end_missing"
    assert _held(tmp_path / "file", cut, name) == [expected]


@pytest.mark.parametrize(
    "behind",
    [b"\r\n", bytes(3000), b"\n<!-- served in 3 ms -->\n", _NOISE, b"\n" * 200_000],
    ids=["a line end", "zeros", "words of a server", "noise", "many blanks"],
)
@pytest.mark.parametrize("name", [name for name in WHOLE if name[-4:] not in {".svg", "gpkg"}])
def test_bytes_behind_the_end_are_no_fault(tmp_path: Path, name: str, behind: bytes) -> None:
    if name.endswith(".xz") and len(behind) > 1 << 16:
        pytest.skip("its readers stop there, too")
    assert _held(tmp_path / "file", WHOLE[name] + behind, name) == []


def test_a_pdf_that_was_saved_again_is_cut_where_its_second_part_is(tmp_path: Path) -> None:
    again = b"2 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n77\n%%EOF"
    assert _held(tmp_path / "a", _pdf() + again, "a.pdf") == []
    assert _held(tmp_path / "a", _pdf() + again[:20], "a.pdf") == ["guard_end_missing"]


def test_a_pdf_without_its_last_word_is_read_by_all_and_let_pass(tmp_path: Path) -> None:
    assert _held(tmp_path / "a", _pdf().replace(b"%%EOF\n", b""), "a.pdf") == []


def test_the_end_of_a_small_picture_in_the_head_is_not_that_of_the_photograph(
    tmp_path: Path,
) -> None:
    photograph = _jpeg(_jpeg())
    assert _held(tmp_path / "a", photograph, "a.jpg") == []
    assert _held(tmp_path / "a", photograph[:-2000], "a.jpg") == ["guard_end_missing"]


def test_a_film_behind_a_photograph_is_no_fault(tmp_path: Path) -> None:
    assert _held(tmp_path / "a", _jpeg() + _NOISE * 40, "a.jpg") == []


def test_a_gif_of_which_only_the_last_sign_is_missing_is_let_pass(tmp_path: Path) -> None:
    assert _held(tmp_path / "a", _gif()[:-1], "a.gif") == []


def test_a_tiff_whose_lengths_are_wrong_is_let_pass_where_it_was_written_to_its_end(
    tmp_path: Path,
) -> None:
    wrong = _tiff().replace(struct.pack("<I", 2000), struct.pack("<I", 900_000))
    assert _held(tmp_path / "a", wrong, "a.tif") == []


def test_entities_of_a_drawing_program_are_usual_in_svg(tmp_path: Path) -> None:
    drawn = (
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg/>'
    )
    assert _held(tmp_path / "a", drawn, "a.svg") == []


def test_the_sentence_says_what_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(_png()[:-20])
    found = looked_into(tmp_path / "a", "a.png")
    assert found.trouble is not None
    assert dict(found.trouble.facts) == {"found": "png"}


@pytest.mark.parametrize("name", WHOLE)
def test_whatever_stands_in_it_no_reading_of_an_end_stumbles(tmp_path: Path, name: str) -> None:
    whole = WHOLE[name]
    for at in range(0, min(len(whole), 140), 7):
        for byte in (0, 0x7F, 0xFF):
            content = whole[:at] + bytes([byte] * 4) + whole[at + 4 :]
            (tmp_path / "a").write_bytes(content)
            assert isinstance(read_here(tmp_path / "a", name), Profile)


def test_only_the_ends_of_a_large_file_are_read(tmp_path: Path) -> None:
    class Counted(io.FileIO):
        read_bytes = 0

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as it is given
            got = super().readinto(buffer)
            self.read_bytes += got
            return got

        def read(self, size: int = -1) -> bytes:
            found = super().read(size) or b""
            self.read_bytes += len(found)
            return found

    from syncd.guards.content import ends

    for name, kind in (("a.pdf", "pdf"), ("a.7z", "7z"), ("a.rar", "rar"), ("a.tif", "tiff")):
        whole = WHOLE[name]
        if kind == "pdf":
            whole = whole.replace(_NOISE, _NOISE * 400)
        (tmp_path / "a").write_bytes(whole)
        with Counted(tmp_path / "a") as file:
            assert not ends.is_cut(kind, file)
            assert file.read_bytes < 200_000
