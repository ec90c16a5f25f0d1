"""A file that is no worse than what is online is not held; one that is worse still is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content.members import gone, pairs
from syncd.guards.profile import Profile
from tests.support.builders import digest, version
from tests.support.content_builders import TABLE, case, codes, table
from tests.support.corpus import IBAN, MUSEUMS, rows_of, zipped
from tests.support.shared_reader import read_here

Said = tuple[list[str], list[str]]


def profile(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Profile:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_here(path, name)


def said(now: Profile, before: Profile | None, name: str = "a.csv") -> Said:
    kept = None if before is None else Profile.from_json(before.to_json())
    accepted = frozenset({"csv", "zip", "jsonl"})
    found = guards.judge(
        case(version=version(name), digest=digest("x", 9), found=now, before=kept,
             accepted=accepted), GuardPolicy({})
    )  # fmt: skip
    return codes(found.held), codes(found.warned)


# -- rows of another number of cells -----------------------------------------------------------


def ragged(full: int, short: int, long: int = 0) -> str:
    return (
        "id,nom,ville\n" + "1,a,b\n" * full + "2,a\n" * short + "3,a,b,c\n" * long
    )  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (ragged(30, 3), ragged(28, 3), ([], ["guard_uneven_known"])),
        (ragged(30, 2), ragged(30, 1), ([], ["guard_uneven_known"])),
        (ragged(30, 0, 3), ragged(30, 0, 3), ([], ["guard_uneven_known"])),
        (ragged(30, 1), ragged(30, 0), (["guard_uneven"], [])),
        (ragged(30, 9), ragged(30, 3), (["guard_uneven"], [])),
        (ragged(30, 0, 3), ragged(30, 3), (["guard_uneven"], [])),  # as many, of another kind
        (ragged(30, 3), ragged(30, 0, 3), (["guard_uneven"], [])),
        (ragged(30, 1), None, ([], ["guard_uneven"])),
    ],
)
def test_uneven_rows_are_held_where_there_are_more_than_online(
    tmp_path: Path, now: str, before: str | None, expected: Said
) -> None:
    known = None if before is None else profile(tmp_path, before)
    assert said(profile(tmp_path, now), known) == expected


def test_a_profile_of_before_these_were_counted_is_compared_by_their_number(tmp_path: Path) -> None:
    old = table(header=("id", "nom", "ville"), rows=33, uneven=3, delimiter=",", encoding="ascii")

    assert said(profile(tmp_path, ragged(30, 0, 3)), old) == ([], ["guard_uneven_known"])
    assert said(profile(tmp_path, ragged(30, 0, 9)), old) == (["guard_uneven"], [])


@pytest.mark.parametrize(
    "content",
    [
        "id;nom;note;x\n" + "1;a;;\n" * 16 + "2;b\n" * 9,
        "id;nom;note;x\n" + "1;a;n;\n" * 16 + "2;b;n\n" * 9,
        "id;nom\n" + "1;a\n" * 9 + "2;b;;;\n" * 9,
        "id;nom\r\n" + "1;a\r\n" * 9 + "2;b; ;\r\n" * 9,
        "id;nom;;\n" + "2;b\n" * 20,  # a header of empty columns, which no row has
        "id;nom;;\n" + "1;a;\n" * 12 + "2;b\n" * 9,
    ],
)
def test_rows_that_differ_by_empty_cells_at_their_end_are_only_told(
    tmp_path: Path, content: str
) -> None:
    found = profile(tmp_path, content)

    assert said(found, None) == ([], ["guard_uneven_blank"])
    assert said(found, table(header=found.header, rows=20)) == ([], ["guard_uneven_blank"])


@pytest.mark.parametrize(
    "content",
    [
        "id;nom;note;x\n" + "1;a;;z\n" * 16 + "2;b\n" * 9,
        "id;nom;note;x\n" + "1;a;n;\n" * 16 + "2;b\n" * 9,
        "id;nom\n" + "1;a\n" * 9 + "2;b;;c\n",
        "id;nom;note;x\n1\n",
        "id;nom;note;\n" + "2;b\n" * 9,
        "id;nom;;\n" + "1;a;n;\n" * 9 + "2;b\n" * 9,
        "id;nom;note;x\n" + "1;a;;\n" * 16 + "2;b",
        "id;nom;note;x\n" + "1;a;n;z\n" * 90_000 + "2;b\n",
    ],
)
def test_rows_that_lack_cells_which_others_have_are_held(tmp_path: Path, content: str) -> None:
    found = profile(tmp_path, content)

    assert said(found, table(header=found.header, rows=20))[0][:1] == ["guard_uneven"]


def test_empty_columns_are_seen_in_blocks_of_even_rows_too(tmp_path: Path) -> None:
    content = "id;nom;note;x\n" + "1;a;;\n" * 90_000 + "2;b\n"

    assert profile(tmp_path, content).uneven_blank


def test_a_file_that_breaks_off_is_held_unless_the_one_online_does(tmp_path: Path) -> None:
    cut = profile(tmp_path, 'id,nom\n1,a\n2,"b\n')

    assert said(cut, profile(tmp_path, "id,nom\n1,a\n2,b\n"))[0] == ["guard_cut"]
    assert said(cut, cut) == ([], ["guard_cut_known"])


def test_a_header_alone_is_held_where_there_were_rows(tmp_path: Path) -> None:
    alone = profile(tmp_path, "id,nom\n")

    assert "guard_no_rows" in said(alone, table(header=("id", "nom"), delimiter=","))[0]
    assert said(alone, alone) == ([], [])
    assert said(alone, None) == ([], ["guard_no_rows"])


# -- encodings ---------------------------------------------------------------------------------

ACCENTS = "id,nom\n1,Évreux\n"
ENCODED = {
    "ascii": ACCENTS.replace("É", "E").encode(),
    "utf-8": ACCENTS.encode(),
    "windows-1252": ACCENTS.encode("cp1252"),
    "utf-16": ACCENTS.encode("utf-16"),
    "utf-32": ACCENTS.encode("utf-32"),
}


@pytest.mark.parametrize("before", ENCODED)
@pytest.mark.parametrize("now", ENCODED)
def test_a_file_without_accents_is_in_each_encoding_that_has_ascii(
    tmp_path: Path, now: str, before: str
) -> None:
    found, known = profile(tmp_path, ENCODED[now]), profile(tmp_path, ENCODED[before])
    assert (found.encoding, known.encoding) == (now, before)

    is_family = now == before or (
        "ascii" in {now, before} and not {now, before} & {"utf-16", "utf-32"}
    )
    held, told = said(found, known)

    assert held == ([] if is_family else ["guard_encoding_changed"])
    assert told == (["guard_encoding"] if is_family and now not in {"ascii", "utf-8"} else [])


@pytest.mark.parametrize(
    ("past", "now", "held"),
    [
        (["ascii", "windows-1252"], "utf-8", True),
        (["ascii", "ascii", "utf-8", "windows-1252"], "windows-1252", True),
        (["ascii", "ascii", "windows-1252"], "windows-1252", False),
        (["ascii", "windows-1252"], "ascii", False),
        (["ascii", "utf-8", "windows-1252"], "utf-8", False),
        (["utf-8", "windows-1252"], "ascii", False),
        (["ascii", "utf-16"], "utf-8", True),
        (["ascii"], "utf-8", False),
        ([], "utf-8", False),
    ],
)
def test_an_encoding_is_remembered_through_files_without_accents(
    past: list[str], now: str, held: bool
) -> None:
    known = tuple(table(encoding=encoding) for encoding in past)
    before = known[0] if known else None
    given = case(found=table(encoding=now), before=before, past=known)

    found = codes(guards.judge(given, GuardPolicy({})).held)
    assert ("guard_encoding_changed" in found) is held


def test_another_kind_of_file_in_between_says_nothing_of_an_encoding() -> None:
    past = (table(encoding="ascii"), Profile("json", encoding="utf-8"), table(encoding="utf-8"))
    given = case(found=table(encoding="windows-1252"), before=past[0], past=past[:2])

    assert codes(guards.judge(given, GuardPolicy({})).held) == []
    given = case(found=table(encoding="windows-1252"), before=past[0], past=past)
    assert codes(guards.judge(given, GuardPolicy({})).held) == ["guard_encoding_changed"]


# -- tables of a ZIP ---------------------------------------------------------------------------

TOWNS = b"code;ville\n1;Paris\n2;Lyon\n"


def archive(**tables: str | bytes) -> bytes:
    return zipped({
        f"{name.replace('__', '/')}.csv": one if isinstance(one, bytes) else one.encode()
        for name, one in tables.items()
    })  # fmt: skip


def zip_said(tmp_path: Path, now: bytes, before: bytes) -> Said:
    found, known = profile(tmp_path, now, "a.zip"), profile(tmp_path, before, "b.zip")
    return said(found, known, "a.zip")


BOTH = archive(musees=MUSEUMS, villes=TOWNS)


@pytest.mark.parametrize(
    "now",
    [
        archive(villes=TOWNS, musees=MUSEUMS),
        archive(villes=TOWNS + b"3;Nice\n", musees=MUSEUMS),
        archive(autres="x\n1\n", villes=TOWNS, musees=MUSEUMS),
    ],
    ids=["another order", "more rows", "a table more"],
)
def test_tables_of_an_archive_are_compared_by_name(tmp_path: Path, now: bytes) -> None:
    assert zip_said(tmp_path, now, BOTH) == ([], [])


@pytest.mark.parametrize(
    ("now", "held"),
    [
        (archive(villes=TOWNS.replace(b"code", b"codes"), musees=MUSEUMS), "columns_renamed"),
        (archive(villes=TOWNS, musees=MUSEUMS.replace("nom,", "")), "columns"),
        (archive(villes=TOWNS + b"3\n", musees=MUSEUMS), "uneven"),
        (archive(villes=TOWNS, musees=MUSEUMS.encode("cp1252")), "encoding_changed"),
        (archive(musees=MUSEUMS, villes=TOWNS + f"3;{IBAN}\n".encode()), "iban"),
        (archive(musees=MUSEUMS), "member_gone"),
        (archive(musees=MUSEUMS, autres="x\n1\n"), "member_gone"),
    ],
)
def test_what_is_worse_in_any_table_of_an_archive_is_held(
    tmp_path: Path, now: bytes, held: str
) -> None:
    assert f"guard_{held}" in zip_said(tmp_path, now, BOTH)[0]


def test_dates_in_the_names_of_tables_may_change(tmp_path: Path) -> None:
    before = archive(musees_2025=MUSEUMS, villes_2025=TOWNS)
    now = archive(villes_2026=TOWNS, musees_2026=MUSEUMS)
    rolling = archive(d__t_202601=TOWNS, d__t_202602=TOWNS, m=MUSEUMS)
    rolled = archive(m=MUSEUMS, d__t_202602=TOWNS, d__t_202603=TOWNS)

    assert zip_said(tmp_path, now, before) == ([], [])
    assert zip_said(tmp_path, rolled, rolling) == ([], [])
    assert zip_said(tmp_path, archive(m=MUSEUMS, n=MUSEUMS), rolling)[0] == ["guard_member_gone"]


def test_an_archive_of_one_table_is_that_table_whatever_its_name(tmp_path: Path) -> None:
    assert zip_said(tmp_path, archive(export_b=MUSEUMS), archive(export_a=MUSEUMS)) == ([], [])
    renamed = archive(export_b=MUSEUMS.replace("nom", "noms"))
    assert zip_said(tmp_path, renamed, archive(export_a=MUSEUMS))[0] == ["guard_columns_renamed"]
    assert zip_said(tmp_path, BOTH, archive(export=MUSEUMS)) == ([], [])


def test_an_old_profile_of_an_archive_has_the_columns_of_one_table(tmp_path: Path) -> None:
    old = Profile("csv", wrapped="zip", encoding="ascii", delimiter=";", header=("code", "ville"),
                  width=2, rows=5)  # fmt: skip

    assert said(profile(tmp_path, BOTH, "a.zip"), old, "a.zip") == ([], [])


def test_of_very_many_tables_only_some_are_kept_apart(tmp_path: Path) -> None:
    many = profile(tmp_path, archive(**{f"t{at}": "a,b\n1,2\n" for at in range(150)}), "a.zip")

    assert (len(many.members), many.rows) == (100, 150)
    assert len(many.to_json()) < 20_000
    assert said(many, many, "a.zip") == ([], [])


def test_tables_of_no_archive_have_no_pairs() -> None:
    assert [(pair.name, pair.now, pair.before) for pair in pairs(TABLE, None)] == [
        ("", TABLE, None)
    ]
    assert gone(TABLE, None) == []


def test_members_come_back_from_the_ledger_without_reasons_of_their_own(tmp_path: Path) -> None:
    found = profile(tmp_path, BOTH, "a.zip")
    said_of_it = found.to_json().replace(
        '"musees.csv": {', '"musees.csv": {"trouble": {"code": "x"},'
    )

    assert Profile.from_json(found.to_json()) == found
    assert Profile.from_json(said_of_it) == found
    assert Profile.from_json('{"members": {"a": 3, "b": {"members": {"c": {}}}}}') == Profile(
        members={"b": Profile()}
    )


# -- names that occur twice --------------------------------------------------------------------


def test_one_of_two_columns_of_the_same_name_that_goes_is_missed(tmp_path: Path) -> None:
    before = profile(tmp_path, "an;h;f;h;f\n2024;1;2;3;4\n")
    now = profile(tmp_path, "an;h;f;h\n2024;1;2;3\n")

    assert said(now, before)[0] == ["guard_columns"]
    assert said(before, before)[0] == []


# -- JSON Lines --------------------------------------------------------------------------------


def test_rows_of_json_lines_are_its_lines(tmp_path: Path) -> None:
    wide = '{"a":1,"b":[1,2],"c":{"d":1}}\n' * 10
    narrow = '{"a":1,"b":[],"c":{}}\n' * 12

    before, now = (profile(tmp_path, one, "a.jsonl") for one in (wide, narrow))
    assert (before.rows, now.rows) == (10, 12)
    assert profile(tmp_path, '1\n"a"\nnull\n[1,2]\n', "a.jsonl").rows == 4
    assert said(now, before, "a.jsonl") == ([], [])
    assert said(profile(tmp_path, wide[:90], "a.jsonl"), before, "a.jsonl")[0] == ["guard_rows"]


def test_an_old_count_of_json_lines_is_not_compared(tmp_path: Path) -> None:
    """It counted keys."""
    old = Profile("json", encoding="utf-8", rows=60)

    assert said(profile(tmp_path, '{"a":1}\n' * 12, "a.jsonl"), old, "a.jsonl") == ([], [])


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        ('{"a":1}\n{"a":2}\n{"a":}\n', 3, 6),
        ('{"a":1}\r\n\r\n{"a" 2}\r\n', 3, 6),
        ('{"a":1}\n' * 300_000 + "{]}\n{}\n", 300_001, 2),
    ],
)
def test_the_place_of_a_mistake_in_json_lines_is_its_line(
    tmp_path: Path, content: str, line: int, column: int
) -> None:
    trouble = profile(tmp_path, content, "a.jsonl").trouble

    assert trouble is not None
    assert (trouble.code, dict(trouble.facts)) == ("guard_json", {"line": line, "column": column})


# -- GeoJSON -----------------------------------------------------------------------------------


def feature(*place: float) -> str:
    point = f'{{"type":"Point","coordinates":{list(place)}}}'
    return f'{{"type":"Feature","properties":{{"coordinates":[999,999]}},"geometry":{point}}}'


def collection(*places: tuple[float, float]) -> str:
    return (
        f'{{"type":"FeatureCollection","features":[{",".join(feature(*one) for one in places)}]}}'
    )


GEOMETRIES = '{"type":"GeometryCollection","geometries":[%s]}'
POINT = '{"type":"Point","coordinates":[%s, 2]}'
LAMBERT, DEGREES = "urn:ogc:def:crs:EPSG::2154", "urn:ogc:def:crs:OGC:1.3:CRS84"


def declaring(crs: str, *places: tuple[float, float], last: bool = False) -> str:
    """As GeoJSON was written before it had one reference system."""
    member = f'"crs":{{"type":"name","properties":{{"name":"{crs}"}}}}'
    rest = collection(*places)[1:-1]
    return f"{{{rest},{member}}}" if last else f"{{{member},{rest}}}"


def with_crs(crs: object, *, inside: str = "") -> str:
    """`inside`: a member of the feature that declares it, in place of the whole."""
    found = json.loads(collection((652000, 6862000)))
    (only,) = found["features"]
    where = {"": found, "feature": only}.get(inside) or only[inside]
    where["crs"] = crs
    return json.dumps(found)


def named(crs: object) -> dict[str, object]:
    return {"type": "name", "properties": {"name": crs}}


LINK = "http://spatialreference.org/ref/epsg/%s/proj4/"


FOREIGN = (  # members that are not of GeoJSON
    '{"type":"FeatureCollection","about":{"coordinates":[652000, 6862000]},"features":[{"type":'
    '"Feature","properties":{},"lambert93":{"type":"Point","coordinates":[%s, 6862000]},'
    '"geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[%s]}]}}]}'
)


@pytest.mark.parametrize(
    ("content", "rows", "held", "told"),
    [
        (feature(2.35, 48.85), 1, [], []),
        (GEOMETRIES % ",".join([POINT % 1, POINT % 2]), 2, [], []),
        (collection((180.00000000000003, -16.5)), 1, [], []),
        (collection((-180.0000001, 90.0000001)), 1, [], []),
        (collection((2, 48), (181.5, -16.5)), 2, [], ["guard_geojson_beyond"]),
        (collection((360, 0), (-359, 1)), 2, [], ["guard_geojson_beyond"]),
        (collection((360.5, 0)), 1, ["guard_geojson_range"], []),
        (collection((200, 10), (652000, 6862000)), 2, ["guard_geojson_range"], []),
        (collection((48.85, 102.35)), 1, ["guard_geojson_range"], []),
        (collection((48.85, -91)), 1, ["guard_geojson_range"], []),
        (feature(652000, 6862000), 0, ["guard_geojson_range"], []),
        (GEOMETRIES % (POINT % 652000), 1, ["guard_geojson_range"], []),
        (declaring(LAMBERT, (652000, 6862000)), 1, [], ["guard_geojson_crs"]),
        (declaring(LAMBERT, (652000, 6862000), (2, 48), last=True), 2, [], ["guard_geojson_crs"]),
        (declaring("EPSG:2154", (200, 10), (652000, 10)), 2, [], ["guard_geojson_crs"]),
        (declaring("urn:ogc:def:crs:EPSG::4258", (2, 48)), 1, [], []),
        (declaring(DEGREES, (2, 48)), 1, [], []),
        (declaring(DEGREES, (652000, 6862000)), 1, ["guard_geojson_range"], []),
        (declaring("EPSG:4326", (48.85, 102.35)), 1, ["guard_geojson_range"], []),
        (declaring("WGS 84 ", (652000, 6862000)), 1, ["guard_geojson_range"], []),
        (declaring("epsg:4326", (652000, 6862000)), 1, ["guard_geojson_range"], []),
        (declaring("WGS 84 / UTM zone 20N", (652000, 1)), 1, [], ["guard_geojson_crs"]),
        (declaring("", (652000, 6862000)), 1, ["guard_geojson_range"], []),
        (with_crs(named("EPSG:2154"), inside="geometry"), 1, [], ["guard_geojson_crs"]),
        (with_crs(named("EPSG:2154"), inside="feature"), 1, [], ["guard_geojson_crs"]),
        (with_crs({"properties": {"code": 2154}}), 1, [], ["guard_geojson_crs"]),
        (with_crs({"properties": {"href": LINK % 2154}}), 1, [], ["guard_geojson_crs"]),
        (with_crs(named("WGS 84 / Pseudo-Mercator")), 1, [], ["guard_geojson_crs"]),
        (with_crs(named("EPSG:14326")), 1, [], ["guard_geojson_crs"]),
        (with_crs(named("EPSG:2154"), inside="properties"), 1, ["guard_geojson_range"], []),
        *(
            (with_crs(crs), 1, ["guard_geojson_range"], [])
            for crs in (
                None,
                "EPSG:2154",
                ["EPSG:2154"],
                named(2154),
                named(" "),
                named(None),
                named({"name": "EPSG:2154"}),
                named("urn:ogc:def:crs:ogc:1.3:crs84"),
                named("WGS 84"),
                named("EPSG:4326 "),
                named("urn:ogc:def:crs:EPSG::4171"),
                {"properties": {"code": 4326}},
                {"properties": {"href": LINK % 4326}},
            )
        ),
        (FOREIGN % (2, "2, 48"), 1, [], []),
        (FOREIGN % (652000, "2, 48"), 1, [], []),
        (FOREIGN % (2, "652000, 6862000"), 1, ["guard_geojson_range"], []),
        ('{"type":"Topology","objects":{}}', 0, ["guard_geojson_type"], []),
        (POINT % 1, 0, ["guard_geojson_type"], []),
    ],
)
def test_geojson_is_held_for_what_can_only_be_metres_or_swapped_axes(
    tmp_path: Path, content: str, rows: int, held: list[str], told: list[str]
) -> None:
    found = profile(tmp_path, content, "a.geojson")
    judged = guards.judge(
        case(version=version("a.geojson"), found=found, accepted=frozenset({"geojson"})),
        GuardPolicy({}),
    )

    assert (found.rows, codes(judged.held), codes(judged.warned)) == (rows, held, told)


def test_the_same_rows_in_another_order_are_no_worse(tmp_path: Path) -> None:
    rows = rows_of(200).splitlines(keepends=True)
    body = [*rows[1:], "7,8\n", "9\n"]
    random.Random(1).shuffle(body)
    known = profile(tmp_path, "".join([*rows, "7,8\n", "9\n"]))

    assert said(profile(tmp_path, "".join([rows[0], *body])), known)[0] == []
