"""What geographic files show is compared with what the last publication showed."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncd import guards
from syncd.core.targets import GuardPolicy
from syncd.guards.content.parquet import geography_of
from syncd.guards.geography import Box, Geography
from syncd.guards.profile import Profile
from tests.support.builders import version
from tests.support.content_builders import case, codes
from tests.support.corpus import zipped
from tests.support.shared_reader import looked_into, read_here

_PLACES = [
    (-4.49, 48.39),
    (7.75, 48.57),
    (5.37, 43.3),
    (3.06, 50.63),
    (2.35, 48.86),
    (-0.58, 44.84),
]
_ELSEWHERE = [(55.45, -20.88), (55.28, -21.34), (55.7, -21.1)]  # La Réunion


def _point(place: Iterable[float]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [*place]}


def _square(place: Iterable[float]) -> dict[str, Any]:
    x, y = place
    ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def _map(
    places: Iterable[Iterable[float]],
    shape: Any = _point,
    properties: Mapping[str, object] | None = None,
) -> bytes:
    given = {"id": 1, "nom": "Brest"} if properties is None else properties
    features = [
        {"type": "Feature", "properties": dict(given), "geometry": shape(place)} for place in places
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _swapped(places: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(y, x) for x, y in places]


def _judged(
    path: Path,
    content: bytes,
    before: Profile | None,
    name: str = "a.geojson",
    publications: int = 3,
) -> tuple[Profile, list[str], list[str]]:
    path.write_bytes(content)
    found = read_here(path, name)
    kept = Profile.from_json(before.to_json()) if before is not None else None
    accepted = frozenset({name.rpartition(".")[2]})
    past = (kept,) * publications if kept is not None else ()
    given = case(version=version(name), found=found, before=kept, past=past, accepted=accepted)
    judged = guards.judge(given, GuardPolicy({}))
    assert not judged.faults
    return found, codes(judged.held), codes(judged.warned)


def _compared(path: Path, first: bytes, then: bytes, name: str = "a.geojson") -> Any:
    before, held, _ = _judged(path, first, None, name)
    assert held == []
    return _judged(path, then, before, name)[1:]


def test_a_profile_has_the_box_the_shapes_and_the_properties_of_a_map(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(
        _map(_PLACES, _square, {"id": 1, "properties": {"x": 2}, "nom": 3})
    )
    found = looked_into(tmp_path / "a", "a.geojson")
    box = Box(-4.49, 43.3, 7.85, 50.73)
    assert found.geography == Geography(box, ("areas",), ("id", "properties", "nom"))


def test_properties_of_few_features_are_known_as_such(tmp_path: Path) -> None:
    features = json.loads(_map(_PLACES))
    features["features"][2]["properties"]["note"] = "x"
    (tmp_path / "a").write_bytes(json.dumps(features).encode())
    found = read_here(tmp_path / "a", "a.geojson").geography
    assert found is not None
    assert (found.properties, found.rare) == (("id", "nom", "note"), ("note",))


@pytest.mark.parametrize("where", ["the map", "its features", "their shapes"])
def test_a_reference_system_that_is_named_no_more_is_no_property_gone(
    tmp_path: Path, where: str
) -> None:
    content = _map(_PLACES[:1])
    named = json.loads(content)
    (feature,) = named["features"]
    places = {"the map": named, "its features": feature, "their shapes": feature["geometry"]}
    places[where]["crs"] = {"type": "name", "properties": {"name": "EPSG:4326"}}
    before = json.dumps(named).encode()

    assert _compared(tmp_path / "a", before, content) == ([], [])
    older = read_here(tmp_path / "a", "a.geojson")
    assert older.geography is not None
    older = replace(older, geography=replace(older.geography, properties=("id", "nom", "name")))
    assert _judged(tmp_path / "a", content, older)[1:] == ([], [])


@pytest.mark.parametrize("shape", [_point, _square])
def test_axes_that_are_swapped_since_the_last_publication_are_held(
    tmp_path: Path, shape: Any
) -> None:
    # A few more features, and others, than the last publication had.
    then = _map([*_swapped(_PLACES[1:]), (49.4, 1.1)], shape)
    assert _compared(tmp_path / "a", _map(_PLACES, shape), then) == (["guard_axes_swapped"], [])


def test_axes_of_a_country_with_parts_overseas_are_found_swapped_too(tmp_path: Path) -> None:
    places = [*_PLACES, *_ELSEWHERE, (-61.5, 16.2), (-52.3, 4.9)]
    found = _compared(tmp_path / "a", _map(places), _map(_swapped(places)))
    assert found == (["guard_axes_swapped"], [])
    found = _compared(tmp_path / "a", _map(places), _map(places[:-2]))
    assert found == ([], [])


def test_before_three_publications_swapped_axes_are_told(tmp_path: Path) -> None:
    before, _, _ = _judged(tmp_path / "a", _map(_PLACES), None)
    now = _map(_swapped(_PLACES))
    for publications in (1, 2):
        _, held, warned = _judged(tmp_path / "a", now, before, publications=publications)
        assert (held, warned) == ([], ["guard_axes_swapped"])


def test_another_part_of_the_world_is_told(tmp_path: Path) -> None:
    found = _compared(tmp_path / "a", _map(_PLACES), _map(_ELSEWHERE * 2))
    assert found == ([], ["guard_elsewhere"])


def test_features_that_have_lost_all_their_shapes_are_held(tmp_path: Path) -> None:
    found = _compared(tmp_path / "a", _map(_PLACES), _map(_PLACES, lambda _: None))
    assert found == (["guard_no_shapes"], [])
    found = _compared(tmp_path / "a", _map(_PLACES, lambda _: None), _map(_PLACES))
    assert found == ([], [])


def test_other_shapes_are_told(tmp_path: Path) -> None:
    found = _compared(tmp_path / "a", _map(_PLACES), _map(_PLACES, _square))
    assert found == ([], ["guard_shapes"])


def test_a_property_that_is_missing_everywhere_is_held_as_a_column_is(tmp_path: Path) -> None:
    then = _map(_PLACES, properties={"id": 1, "name": "Brest"})
    assert _compared(tmp_path / "a", _map(_PLACES), then) == (["guard_properties"], [])


def test_a_property_that_few_features_had_may_go(tmp_path: Path) -> None:
    first = json.loads(_map(_PLACES))
    first["features"][2]["properties"]["note"] = "x"
    found = _compared(tmp_path / "a", json.dumps(first).encode(), _map(_PLACES))
    assert found == ([], [])


@pytest.mark.parametrize(
    "then",
    [
        _map(reversed(_PLACES)),
        _map([*_PLACES, (1.44, 43.6)]),
        _map(_PLACES[2:]),
        _map(_PLACES, properties={"nom": 1, "id": 2, "code": 3}),
        _map(_PLACES + _ELSEWHERE),
        _map([(2.4, 48.9)] * 6),
    ],
    ids=["other order", "one more", "two fewer", "a property more", "a new region", "one place"],
)
def test_a_harmless_later_map_is_let_pass(tmp_path: Path, then: bytes) -> None:
    assert _compared(tmp_path / "a", _map(_PLACES), then) == ([], [])


def test_maps_whose_axes_look_alike_are_not_taken_for_swapped(tmp_path: Path) -> None:
    places = [(x, y) for x in (5, 40) for y in (6, 41)]
    assert _compared(tmp_path / "a", _map(places), _map(_swapped(places))) == ([], [])


def test_points_on_one_spot_have_a_box_too(tmp_path: Path) -> None:
    found = _compared(tmp_path / "a", _map([(2.35, 48.86)] * 3), _map([(48.86, 2.35)] * 3))
    assert found == (["guard_axes_swapped"], [])


def test_a_map_without_features_has_no_box(tmp_path: Path) -> None:
    found, held, warned = _judged(tmp_path / "a", _map([]), None)
    assert found.geography == Geography()
    assert held == warned == []


def test_a_map_that_is_broken_has_no_geography(tmp_path: Path) -> None:
    assert _judged(tmp_path / "a", _map(_PLACES)[:-40], None)[0].geography is None


@pytest.mark.parametrize(
    "read",
    [
        {"box": [1, 2, 3], "kinds": "points", "properties": [1, None, "a"]},
        {"box": [5, 0, 1, 1], "kinds": ["cubes"], "properties": ["a"], "rare": {}},
        {"box": [float("nan"), 0, 1, 1], "properties": ["a"]},
    ],
)
def test_what_is_no_geography_is_left_out(read: object) -> None:
    assert Geography.from_plain(read) == Geography(properties=("a",))


# -- shapefiles --------------------------------------------------------------------------------


def _shapefile(
    *box: float, names: Iterable[str] = ("ID", "NOM"), rows: int = 30, shape: int = 1
) -> dict[str, bytes]:
    shp = struct.pack(">7I", 9994, 0, 0, 0, 0, 0, 50) + struct.pack("<II", 1000, shape)
    fields = b"".join(name.encode().ljust(11, b"\0") + b"C" + bytes(20) for name in names)
    dbf = (
        struct.pack("<4xIHH20x", rows, 32 + len(fields) + 1, 10) + fields + b"\r" + b" " * 10 * rows
    )
    whole = shp + struct.pack("<8d", *box, 0, 0, 0, 0)
    return {"a/x.shp": whole, "a/x.dbf": dbf, "a/x.shx": shp, "a/x.prj": b'GEOGCS["WGS 84"]'}


def _zipped(files: Mapping[str, bytes], **more: bytes | None) -> bytes:
    changed = {**files, **{f"a/x.{end}": content for end, content in more.items()}}
    return zipped({name: content for name, content in changed.items() if content is not None})


_SHAPES = _shapefile(-4.5, 43.3, 7.8, 50.6)


def test_a_shapefile_in_a_zip_is_a_map_by_the_heads_of_its_parts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(_zipped(_SHAPES))
    found = looked_into(tmp_path / "a", "a.zip")
    box = Box(-4.5, 43.3, 7.8, 50.6)
    assert found.geography == Geography(box, ("points",), ("ID", "NOM"))
    assert found.rows == 30


@pytest.mark.parametrize(
    ("then", "held", "warned"),
    [
        (_zipped(_shapefile(-4.5, 43.3, 7.9, 50.6, rows=32)), [], []),
        (_zipped(_shapefile(43.3, -4.5, 50.6, 7.8)), ["guard_axes_swapped"], []),
        (_zipped(_shapefile(55.2, -21.4, 55.8, -20.8)), [], ["guard_elsewhere"]),
        (_zipped(_shapefile(-4.5, 43.3, 7.8, 50.6, shape=15)), [], ["guard_shapes"]),
        (_zipped(_shapefile(-4.5, 43.3, 7.8, 50.6, names=["ID"])), ["guard_properties"], []),
        (_zipped(_shapefile(-4.5, 43.3, 7.8, 50.6, rows=9)), ["guard_rows"], []),
        (_zipped(_SHAPES, dbf=None), ["guard_file_gone"], []),
        (_zipped(_SHAPES, prj=b""), ["guard_file_emptied"], []),
        (_zipped(_SHAPES, cpg=b"UTF-8"), [], []),
    ],
)  # fmt: skip
def test_a_later_shapefile_is_compared(
    tmp_path: Path, then: bytes, held: list[str], warned: list[str]
) -> None:
    found = _compared(tmp_path / "a", _zipped(_SHAPES), then, "a.zip")
    assert (found[0][:1], found[1]) == (held, warned)


@pytest.mark.parametrize("part", ["dbf", "shx", "prj"])
def test_a_shapefile_without_what_belongs_to_it_is_told(tmp_path: Path, part: str) -> None:
    _, held, warned = _judged(tmp_path / "a", _zipped(_SHAPES, **{part: None}), None, "a.zip")
    assert (held, warned) == ([], ["guard_shapefile"])


@pytest.mark.parametrize("size", [0, 3, 31, 40, 99, 120])
@pytest.mark.parametrize("part", ["shp", "dbf"])
def test_heads_that_are_cut_or_nonsense_say_nothing(tmp_path: Path, part: str, size: int) -> None:
    for content in (_SHAPES[f"a/x.{part}"][:size], bytes([255]) * size):
        changed = _zipped(_SHAPES, **{part: content})
        found, held, _ = _judged(tmp_path / "a", changed, None, "a.zip")
        assert held == []
        assert Profile.from_json(found.to_json()) == found


# -- KML and GeoParquet ------------------------------------------------------------------------


def _kml(places: Iterable[Iterable[float]], shape: str = "Point") -> bytes:
    inside = [f"<coordinates>\n {x},{y},0 {x},{y}\n</coordinates>" for x, y in places]
    marks = (f"<Placemark><{shape}>{each}</{shape}></Placemark>" for each in inside)
    return f'<kml xmlns="http://www.opengis.net/kml/2.2">{"".join(marks)}</kml>'.encode()


def test_where_kml_is_is_known_also_where_it_goes_on_for_long(tmp_path: Path) -> None:
    line = " ".join(f"{at / 20000:.9f},{45 + at / 30000:.9f}" for at in range(60_000))
    content = f"<kml><LineString><coordinates>{line}</coordinates></LineString></kml>"
    (tmp_path / "a").write_text(content)
    found = looked_into(tmp_path / "a", "a.kml")
    assert found.geography == Geography(Box(0.0, 45.0, 3.0, 47.0), ("lines",))
    assert found.rows == 3


@pytest.mark.parametrize("name", ["a.kml", "a.kmz"])
def test_kml_whose_axes_are_swapped_is_held(tmp_path: Path, name: str) -> None:
    first, then = _kml(_PLACES), _kml(_swapped(_PLACES))
    if name == "a.kmz":
        first, then = zipped({"doc.kml": first}), zipped({"doc.kml": then})
    assert _compared(tmp_path / "a", first, first, name) == ([], [])
    assert _compared(tmp_path / "a", first, then, name) == (["guard_axes_swapped"], [])


def test_other_xml_has_no_coordinates(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(_kml(_PLACES))
    assert read_here(tmp_path / "a", "a.xml").geography is None


@pytest.mark.parametrize(
    ("note", "geography"),
    [
        ({"bbox": [-4.5, 43.3, 7.8, 50.6], "geometry_types": ["Point Z"]},
         Geography(Box(-4.5, 43.3, 7.8, 50.6), ("points",))),
        ({"bbox": [-4.5, 43.3, 0, 7.8, 50.6, 99], "geometry_types": []},
         Geography(Box(-4.5, 43.3, 7.8, 50.6))),
        ({"geometry_types": ["Polygon", "MultiPolygon", 3]}, Geography(None, ("areas",))),
        ({"bbox": {"x": 1}, "geometry_types": None}, None),
        ("none", None),
    ],
)  # fmt: skip
def test_geoparquet_says_where_it_is(note: Any, geography: Geography | None) -> None:
    said = json.dumps({"primary_column": "geometry", "columns": {"geometry": note}})
    assert geography_of(said.encode()) == geography


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"{}", b"[" * 100_000, b" " * (2 << 20)])
def test_a_note_of_parquet_that_is_none_is_left_out(note: bytes) -> None:
    assert geography_of(note) is None


def test_a_column_that_parquet_lost_is_held() -> None:
    before = Profile("parquet", header=("id", "nom", "geometry"), rows=30)
    where = Geography(Box(1, 1, 2, 2))
    for now in (
        Profile("parquet", header=("id", "geometry"), rows=30),
        Profile("parquet", header=("id", "geometry"), rows=30, geography=where),
    ):
        given = case(version=version("a.parquet"), found=now, before=before)
        assert codes(guards.judge(given, GuardPolicy({"extension": "off"})).held) == [
            "guard_columns"
        ]
    more = Profile("parquet", header=("geometry", "id", "nom", "maj"), rows=30)
    given = case(version=version("a.parquet"), found=more, before=before)
    assert not guards.judge(given, GuardPolicy({"extension": "off"})).held
