"""Small files, good and bad, of each format that guards know: made here, never kept."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from arro3.core import Array, Table
from arro3.io import write_parquet

Made = str | bytes | Callable[[], str | bytes]  # a large one is made when it is asked for


@dataclass(frozen=True)
class Sample:
    """One file. `held`, `warned`: what the guards must say of it, on a first publication.

    `before`: a file of the last publication; with it, what they must say of a later one.
    """

    label: str
    name: str
    made: Made
    held: frozenset[str] = frozenset()
    warned: frozenset[str] = frozenset()
    before: bytes | None = None

    @property
    def is_large(self) -> bool:
        return callable(self.made)

    @property
    def content(self) -> bytes:
        return _bytes(self.made() if callable(self.made) else self.made)


MUSEUMS = "id,nom,ville\n1,Musée du Louvre,Paris\n2,Musée Fabre,Montpellier\n3,Le Petit,Évreux\n"
NIR = "185057800608491"  # nobody's: made for this test, with its key
IBAN = "FR7630006000011234567890189"  # the banks' own example


def good(label: str, content: Made, *warned: str, name: str = "a.csv") -> Sample:
    return Sample(label, name, content, warned=_codes(warned))


def bad(label: str, content: Made, *held: str, name: str = "a.csv") -> Sample:
    return Sample(label, name, content, held=_codes(held))


def later(
    label: str,
    before: str | bytes,
    content: str | bytes,
    held: Sequence[str] = (),
    warned: Sequence[str] = (),
    name: str = "a.csv",
) -> Sample:
    return Sample(label, name, content, _codes(held), _codes(warned), _bytes(before))


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _codes(names: Sequence[str]) -> frozenset[str]:
    return frozenset(f"guard_{name}" for name in names)


# -- the formats -------------------------------------------------------------------------------


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bomb() -> bytes:
    """200 MiB of zeros in 200 KB."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.csv", "w") as file,
    ):
        for _ in range(200):
            file.write(bytes(1 << 20))
    return stream.getvalue()


def xlsx(rows: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """As small as LibreOffice still opens it."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = "".join(
        f"<table:table-row>{''.join(map(cell.format, row))}</table:table-row>" for row in rows
    )
    content = (
        f'<office:document-content xmlns:office="{names}:office:1.0" '
        f'xmlns:table="{names}:table:1.0" xmlns:text="{names}:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Feuille1">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listing = (
        f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    files = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": listing}
    return zipped({name: text.encode() for name, text in files.items()}, zipfile.ZIP_STORED)


def parquet(rows: int = 3) -> bytes:
    table = Table.from_pydict({"id": Array(list(range(rows)), type=_int64())})
    stream = io.BytesIO()
    write_parquet(table, stream)
    return stream.getvalue()


def _int64() -> Any:
    from arro3.core import DataType

    return DataType.int64()


def geojson(*points: Sequence[float], kind: str = "FeatureCollection") -> str:
    features = [
        {
            "type": "Feature",
            "properties": {"nom": "Musée", "coordinates": [5000, 5000]},
            "geometry": {"type": "Point", "coordinates": list(point)},
        }
        for point in points
    ]
    return json.dumps({"type": kind, "features": features}, ensure_ascii=False)


def rows_of(count: int, columns: int = 3, delimiter: str = ",") -> str:
    lines = [delimiter.join(f"c{at}" for at in range(columns))]
    lines += [delimiter.join(str(n * at) for at in range(columns)) for n in range(count)]
    return "\n".join(lines) + "\n"


ATTACK = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
PAGE = "<!DOCTYPE html>\n<html><head><title>503</title></head><body>Indisponible</body></html>"
CRLF = MUSEUMS.replace("\n", "\r\n")
LONG_NAME = "n" * 64


def corpus() -> list[Sample]:
    return [*_tables(), *_bad_tables(), *_persons(), *_against_the_last(), *_others()]


def _tables() -> list[Sample]:
    return [
        good("commas", MUSEUMS),
        good("semicolons", MUSEUMS.replace(",", ";")),
        good("semicolons and decimal commas", "nom;x;y\nA;1,5;2,5\nB;3,5;4,5\n"),
        good("commas in a header between semicolons", "nom, né;age\nA, B;3\nC, D;4\n",
             "name_style"),
        good("tabs", MUSEUMS.replace(",", "\t"), name="a.tsv"),
        good("bars", MUSEUMS.replace(",", "|")),
        good("a byte order mark", "\ufeff" + MUSEUMS),
        good("a byte order mark before a quote", '\ufeff"id","nom, lieu"\n"1","a"\n'),
        good("line ends of Windows", CRLF),
        good("line ends of an old Mac", MUSEUMS.replace("\n", "\r")),
        good("no last line end", MUSEUMS.rstrip("\n")),
        good("no last line end, Windows", CRLF.rstrip("\r\n")),
        good("empty lines at the end", MUSEUMS + "\n\n\r\n"),
        good("spaces and Ctrl-Z at the end", MUSEUMS + "  \n\x1a"),
        good("an empty line in the middle", "a,b\n1,2\n\n3,4\n"),
        good("one column", "nom\nParis\nLyon\n"),
        good("one column with commas", "nom\nParis\nLyon, Rhône\nNice\nBrest\n"),
        good("one column of quoted commas", 'nom\n"Paris, Seine"\n"Lyon, Rhône"\n'),
        good("2 000 columns", rows_of(3, 2000)),
        good("2 000 columns and many rows", lambda: rows_of(700, 2000, ";")),
        good("quoted line ends", 'id,nom\n1,"deux\nlignes"\n2,"trois\r\nou\nplus"\n3,b\n'),
        good("all cells quoted", '"id","nom"\n"1","a"\n"2","b, c"\n'),
        good("doubled quotes", 'id,nom\n1,"dit ""le Petit"""\n2,""""\n3,""\n'),
        good("quotes within a bare cell", 'id,nom\n1,écran 5" neuf\n2,dit "le Petit" x\n'),
        good("one odd quote within a bare cell", 'id,nom\n1,écran 5"\n2,b\n3,"c, d"\n'),
        good("empty cells", "a,b,c\n,,\n1,,\n,,3\n"),
        good("a quoted empty row of one column", 'a\n""\n"b"\n'),
        good("years as names of columns", "region,2023,2024\nBretagne,1,2\n"),
        good("columns without a name", "id,,nom\n1,2,3\n"),
        good("accents in the header", "région,ville\nBretagne,Brest\n", "name_style"),
        good("capitals in the header", "ID,NOM\n1,A\n", "name_style"),
        good("a header of 64 letters", f"id,{LONG_NAME}\n1,2\n", "name_long"),
        good("a header of 63 letters", f"id,{LONG_NAME[1:]}\n1,2\n"),
        good("the same name twice", "id,nom,nom\n1,a,b\n", "name_twice"),
        good("windows-1252", MUSEUMS.encode("cp1252"), "encoding"),
        good("windows-1252 with the euro", "prix\n3 €\n".encode("cp1252"), "encoding"),
        good("UTF-16 with its mark", MUSEUMS.encode("utf-16"), "encoding"),
        good("UTF-16 without a mark", MUSEUMS.encode("utf-16-le"), "encoding"),
        good("a table of many rows", lambda: rows_of(200_000)),
        good("accents far down", lambda: rows_of(200_000) + "é,b,c\n"),
        good("the first words of JSON as text", "[note],b\n1,2\n"),
        good("compressed with gzip", gzip.compress(MUSEUMS.encode()), name="a.csv.gz"),
        good("a table in a ZIP", zipped({"a.csv": MUSEUMS.encode()}), name="a.zip"),
        good("tables and a note in a ZIP", zipped({"a.csv": b"x\n1\n", "b.csv": b"y,z\n1,2\n",
             "LISEZMOI.txt": b"<b>"}), name="a.zip"),
        good("a table in a ZIP with its notes as web pages", zipped({"a.csv": b"x\n1\n",
             "notice.html": PAGE.encode(), "LISEZMOI.txt": PAGE.encode(),
             "doc/lisez-moi": PAGE.encode()}), name="a.zip"),
        good("compressed, very alike rows", gzip.compress(b"a,b\n" + b"1,2\n" * 10**6),
             name="a.csv.gz"),
    ]  # fmt: skip


def _bad_tables() -> list[Sample]:
    return [
        bad("no bytes", b"", "empty"),
        good("only line ends", "\n\n\n", "no_rows"),
        good("only a header", "id,nom\n", "no_rows"),
        good("only a header, no line end", "id,nom", "no_rows"),
        good("no header", "1,Musée,Paris\n2,Musée,Lyon\n", "no_header"),
        good("no header, days", "2026-01-01;a\n2026-01-02;b\n", "no_header"),
        good("a cell too many", "a,b\n1,2\n3,4,5\n", "uneven"),
        good("a cell too few", "a,b,c\n1,2,3\n4,5\n6,7,8\n", "uneven"),
        later("a title above the table", "a;b\n1;2\n", "Export du jour\na;b\n1;2\n",
              ["columns"], ["name_style"]),
        good("cut in a row", MUSEUMS[:-12], "uneven"),
        good("cut in a quote", 'a,b\n1,2\n3,"quatre\n5,6\n', "cut"),
        good("cut in a letter", MUSEUMS.encode()[: MUSEUMS.encode().index("É".encode()) + 1],
             "cut"),
        good("one cell too many far down",
             lambda: rows_of(300_000) + "1,2,3,4\n" + "1,2,3\n", "uneven"),
        bad("a web page", PAGE, "html"),
        bad("a web page after spaces, a mark and a note",
            "\ufeff \n<!-- x --> \n<!-- y --><HTML lang=fr>", "html"),
        bad("a web page as XHTML", '<?xml version="1.0"?>\n<!DOCTYPE HTML PUBLIC "x">', "html"),
        bad("a web page in UTF-16", PAGE.encode("utf-16"), "html"),
        bad("a web page as a table in a ZIP", zipped({"a.csv": PAGE.encode()}), "html_inside",
            name="a.zip"),
        bad("a web page beside tables in a ZIP",
            zipped({"a.csv": b"x\n1\n", "b.json": PAGE.encode()}), "html_inside", name="a.zip"),
        bad("a web page in a gzip", gzip.compress(PAGE.encode()), "html", name="a.csv.gz"),
        bad("an error of S3", '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "type"),
        bad("an error as JSON", '{"error": "forbidden"}', "type"),
        bad("a ZIP named .csv", zipped({"a.txt": b"x"}), "type"),
        bad("a ZIP of CSV named .csv", zipped({"a.csv": b"x\n1\n"}), "type"),
        bad("a workbook named .csv", xlsx([["a"], [1]]), "type"),
        bad("a gzip named .csv", gzip.compress(MUSEUMS.encode()), "type"),
        bad("a CSV named .csv.gz", MUSEUMS, "type", name="a.csv.gz"),
        bad("a PDF named .csv", b"%PDF-1.7\n...", "type"),
        bad("zeros where rows should be", MUSEUMS.encode() + bytes(5000), "type"),
        bad("zeros at the end of a large file",
            lambda: rows_of(50_000).encode() + bytes(5000), "type"),
        bad("a gzip cut in the middle", gzip.compress(MUSEUMS.encode() * 9)[:-20],
            "archive_broken", name="a.csv.gz"),
        bad("a gzip with other bytes", gzip.compress(b"a" * 9999)[:20] + b"xxxxxxxxxxxxxxxxxxxxx",
            "archive_broken", name="a.csv.gz"),
        bad("a ZIP cut in the middle", zipped({"a.csv": MUSEUMS.encode() * 9})[:-40],
            "archive_broken", name="a.zip"),
        bad("a ZIP with a wrong checksum",
            zipped({"a.csv": b"id\n1\n2\n"}, zipfile.ZIP_STORED).replace(b"1\n2", b"1\n3", 1),
            "archive_broken", name="a.zip"),
        bad("a bomb", bomb, "archive_bomb", name="a.zip"),
        bad("a bomb as gzip", lambda: gzip.compress(bytes(200 << 20)), "archive_bomb",
            name="a.csv.gz"),
    ]  # fmt: skip


def _persons() -> list[Sample]:
    spaced = f"{NIR[0]} {NIR[1:3]} {NIR[3:5]} {NIR[5:7]} {NIR[7:10]} {NIR[10:13]} {NIR[13:]}"
    return [
        bad("a NIR", f"id,nir\n1,{NIR}\n", "nir"),
        bad("a NIR with spaces", f"id;nir\n1;{spaced}\n", "nir"),
        bad("a NIR with its key apart", f"id,nir\n1,{NIR[:13]} {NIR[13:]}\n", "nir"),
        bad("a quoted NIR", f'"id","nir"\n"1","{NIR}"\n', "nir"),
        bad("a NIR of Corsica", "id,nir\n1,253072B07300470\n", "nir"),
        bad("a NIR far down, behind quoted line ends",
            lambda: 'id,nom,x\n1,"a\nb",2\n' + rows_of(150_000)[9:] + f"1,2,{NIR}\n", "nir"),
        bad("a NIR in a gzip", gzip.compress(f"a\n{NIR}\n".encode()), "nir", name="a.csv.gz"),
        bad("a NIR far right", rows_of(1, 300)[:-1] + f"\n{'5,' * 299}{NIR}\n", "nir"),
        bad("a NIR in a sheet", xlsx([["nom", "nir"], ["x", NIR]]), "nir", name="a.xlsx"),
        bad("a NIR as a number in a sheet", xlsx([["nir"], [int(NIR)]]), "nir", name="a.xlsx"),
        good("a NIR with a wrong key", f"id,nir\n1,{int(NIR) + 1}\n"),
        good("15 digits that are no NIR", "id,code\n" + "".join(
            f"{n},{185_050_000_000_000 + n * 7919}\n" for n in range(20_000))),
        good("16 digits with a NIR inside", f"id,code\n1,{NIR}3\n"),
        Sample("a NIR where names should be", "a.csv", f"Dupont,{spaced}\nDurand,{NIR}\n".encode(),
               _codes(["nir"]), _codes(["no_header"])),
        Sample("an IBAN where names should be", "a.csv", f"Dupont;{IBAN}\nDurand;{IBAN}\n".encode(),
               _codes(["iban"]), _codes(["no_header"])),
        bad("a NIR where names should be, in a sheet", xlsx([["Dupont", NIR], ["Durand", NIR]]),
            "nir", name="a.xlsx"),
        bad("an IBAN", f"id,iban\n1,{IBAN}\n", "iban"),
        bad("an IBAN in groups of four", "id;iban\n1;" + " ".join(
            IBAN[at : at + 4] for at in range(0, 27, 4)) + "\n", "iban"),
        bad("an IBAN of Great Britain", "id,iban\n1,GB82WEST12345698765432\n", "iban"),
        good("an IBAN with a wrong key", f"id,iban\n1,{IBAN[:-1]}0\n"),
        good("an e-mail address", "id,courriel\n1,a.b@example.fr\n", "email"),
        good("an at that is no address", "id,nom\n1,caf@\n2,@musee\n3,a @ b.fr\n"),
        good("telephone numbers", "id,tel\n1,01 42 96 12 34\n2,0611223344\n", "telephone"),
        good("telephone numbers with +33", "id,tel\n1,+33 1 42 96 12 34\n", "telephone"),
        good("telephone numbers with dots", "id,tel\n1,01.42.96.12.34\n", "telephone"),
        good("SIRET, EAN and seconds are nobody's", "siret,ean,temps\n"
             "11004601800013,3017620422003,1767225600000\n"),
    ]  # fmt: skip


def _against_the_last() -> list[Sample]:
    return [
        later("the same again", MUSEUMS, MUSEUMS),
        later("one row more", MUSEUMS, MUSEUMS + "4,a,b\n"),
        later("a column more", "a,b\n1,2\n", "a,b,c\n1,2,3\n"),
        later("columns in another order", "a,b\n1,2\n", "b,a\n2,1\n"),
        later("a column less", "a,b,c\n1,2,3\n", "a,b\n1,2\n", ["columns"]),
        later("a column renamed", "a,b\n1,2\n", "a,bb\n1,2\n", ["columns_renamed"]),
        later("the header went away", "a,b\n1,2\n", "1,2\n3,4\n", ["no_header"]),
        later("never had a header", "1,2\n3,4\n", "5,6\n7,8\n"),
        later("most rows lost", rows_of(100), rows_of(40), ["rows"]),
        later("half of the rows lost", rows_of(100), rows_of(50)),
        later("all rows lost", rows_of(100), "c0,c1,c2\n", ["rows", "no_rows"]),
        later("uneven", "a,b\n1,2\n", "a,b\n1,2\n3\n", ["uneven"]),
        later("cut in a quote", 'a,b\n1,"2"\n', 'a,b\n1,"2\n', ["cut", "rows"]),
        later("in windows-1252 now", MUSEUMS, MUSEUMS.encode("cp1252"), ["encoding_changed"]),
        later("in windows-1252, before without accents", "id,nom\n1,a\n", "id,nom\n1,é\n".encode(
            "cp1252"), [], ["encoding"]),
        later("still in windows-1252", MUSEUMS.encode("cp1252"), MUSEUMS.encode("cp1252"),
              [], ["encoding"]),
        later("in UTF-8 now", MUSEUMS.encode("cp1252"), MUSEUMS, ["encoding_changed"]),
        later("an accent more", "id,nom\n1,a\n", "id,nom\n1,é\n"),
        later("an accent less", "id,nom\n1,é\n", "id,nom\n1,a\n"),
        later("a byte order mark more", MUSEUMS, "\ufeff" + MUSEUMS),
        later("semicolons now", MUSEUMS, MUSEUMS.replace(",", ";"), [], ["delimiter"]),
        later("a NIR in a new column", f"a,b\n1,{NIR}\n", f"a,b,c\n1,{NIR},{NIR}\n", ["nir"]),
        later("a NIR where it was", f"a,b\n1,{NIR}\n", f"a,b\n2,{NIR}\n"),
        later("addresses where they were", "a\nx@y.fr\n", "a\nz@y.fr\n"),
        later("features lost", geojson((2, 48), (3, 47), (4, 46)), geojson((2, 48)), ["rows"],
              name="a.geojson"),
    ]  # fmt: skip


def _others() -> list[Sample]:
    return [
        good("JSON", '[{"a": 1}, {"a": 2.5e3, "b": "é"}]', name="a.json"),
        good("JSON with a mark and large numbers", '\ufeff{"a": 123456789012345678901234567890}',
             name="a.json"),
        good("JSON, one value", "3", name="a.json"),
        good("JSON by lines", '{"a": 1}\n{"a": 2}\n', name="a.jsonl"),
        bad("JSON cut", '[{"a": 1}, {"a":', "json_cut", name="a.json"),
        bad("JSON with a last comma", '[1,\n2,\n]', "json", name="a.json"),
        bad("JSON and more", '{"a": 1} x', "json", name="a.json"),
        bad("text named .json", "a,b\n1,2\n", "json", name="a.json"),
        bad("JSON that is no UTF-8", b'{"a": "\xe9"}', "json_invalid", name="a.json"),
        bad("XML named .json", "<a/>", "type", name="a.json"),
        good("GeoJSON", geojson((2.35, 48.85), (-61.5, 16.2, 900)), name="a.geojson"),
        good("GeoJSON without features", geojson(), name="a.geojson"),
        bad("GeoJSON in metres", geojson((2, 48), (652000, 6862000)), "geojson_range",
            name="a.geojson"),
        bad("GeoJSON with north first", geojson((48, 102)), "geojson_range", name="a.geojson"),
        bad("a single geometry", '{"type": "Point", "coordinates": [2, 48]}', "geojson_type",
            name="a.geojson"),
        bad("a list named .geojson", "[]", "geojson_type", name="a.geojson"),
        good("XML", '<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>'.encode("latin-1"),
             name="a.xml"),
        good("XML with a DTD elsewhere", '<!DOCTYPE a SYSTEM "a.dtd"><a/>', name="a.xml"),
        good("XML in UTF-16", '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
             name="a.xml"),
        bad("XML cut", "<a><b>x</b>", "xml", name="a.xml"),
        bad("XML with entities", ATTACK, "xml_entities", name="a.xml"),
        bad("XML that reads another file", OUTSIDE, "xml_entities", name="a.xml"),
        bad("XML in an encoding of its own", '<?xml version="1.0" encoding="klingon"?><a/>',
            "xml_encoding",
            name="a.xml"),
        good("a web page that is meant", PAGE, name="a.html"),
        good("a workbook", xlsx([["nom", "ville"], ["Louvre", "Paris"]]), name="a.xlsx"),
        bad("a workbook without a cell", xlsx([]), "no_sheet", name="a.xlsx"),
        bad("a workbook cut", xlsx([["a"], [1]])[:-200], "archive_broken", name="a.xlsx"),
        bad("a workbook without its sheets",
            zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.xml": b"<a"}), "sheet",
            name="a.xlsx"),
        bad("a CSV named .xlsx", MUSEUMS, "type", name="a.xlsx"),
        good("a spreadsheet of LibreOffice", ods([["nom"], ["Louvre"]]), name="a.ods"),
        bad("a spreadsheet of LibreOffice without a cell", ods([]), "no_sheet", name="a.ods"),
        bad("a web page named .xls", PAGE, "html", name="a.xls"),
        good("Parquet", parquet(), name="a.parquet"),
        bad("Parquet cut", parquet()[:-9], "parquet", name="a.parquet"),
        bad("Parquet in name only", b"PAR1" + b"x" * 40 + b"PAR1", "parquet", name="a.parquet"),
        good("a ZIP of other things", zipped({"a.shp": b"x" * 99}), "shapefile", name="a.zip"),
        good("a format that nobody knows", b"\x00\x01\x02" * 99, name="a.dbf"),
        good("plain text", "Bonjour.\n", name="lisezmoi.txt"),
    ]  # fmt: skip
