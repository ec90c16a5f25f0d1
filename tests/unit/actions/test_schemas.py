"""The national catalogue is frozen, once, from the network or from a copy."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncd.actions.schemas import CATALOGUE, Updated, from_copy, update
from syncd.adapters.disk.schemas import LARGEST, SchemaStore
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.public_files import PublicFiles
from syncd.config.regular_files import read_regular
from syncd.core.errors import CatalogueError
from syncd.core.schemas import NoSchema, Schema, SchemaRef, newest, parsed

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SITE = "https://schema.data.gouv.fr/schemas"
Files = dict[str, bytes]


def site(**schemas: dict[str, str]) -> Files:
    """What the catalogue's site has at its addresses; `irve={"1.0": text}`."""
    files: Files = {}
    listed: list[dict[str, Any]] = []
    for word, versions in schemas.items():
        name = f"etalab/{word}"
        addresses = {v: f"{SITE}/{name}/{v}/schema.json" for v in versions}
        files |= {addresses[v]: text.encode() for v, text in versions.items()}
        listed.append(
            {
                "name": name,
                "title": word.title(),
                "schema_type": "tableschema",
                "schema_url": f"{SITE}/{name}/latest/schema.json",
                "versions": [{"version_name": v, "schema_url": a} for v, a in addresses.items()],
            }
        )
    files[CATALOGUE] = json.dumps({"version": 1, "schemas": listed}).encode()
    return files


def frozen(store: SchemaStore, files: Files) -> Updated:
    def get(address: str, at_most: int) -> bytes:
        if address not in files or len(files[address]) > at_most:
            raise CatalogueError("schemas_unreachable", address=address, detail="404")
        return files[address]

    return update(store, get, NOW)


@pytest.fixture
def store(tmp_path: Path) -> SchemaStore:
    return SchemaStore(tmp_path / "schemas", tmp_path, read_regular)


def text_of(store: SchemaStore, wanted: str) -> str:
    ref = parsed(wanted)
    assert ref is not None
    found = store.find(ref)
    return found.text if isinstance(found, Schema) else found.code


def test_what_was_frozen_is_found_by_name_and_version(store: SchemaStore) -> None:
    done = frozen(store, site(irve={"2.9.1": "A", "2.10.0": "B"}))
    assert done.new == ("etalab/irve@2.9.1", "etalab/irve@2.10.0")
    assert text_of(store, "etalab/irve@2.9.1") == "A"
    assert text_of(store, "etalab/irve") == "B"
    assert text_of(store, "etalab/irve@latest") == "B"
    assert text_of(store, "etalab/irve@3.0") == "schema_unknown"
    assert text_of(store, "etalab/other") == "schema_unknown"
    at = SchemaRef(address=f"{SITE}/etalab/irve/2.9.1/schema.json")
    assert store.find(at) == store.find(SchemaRef("etalab/irve", "2.9.1"))
    assert store.find(SchemaRef(address="https://example.fr/a")) == NoSchema("schema_elsewhere")


def test_the_lock_says_of_each_where_it_was_had_when_and_its_digest(store: SchemaStore) -> None:
    frozen(store, site(irve={"1.0": "A"}))
    lock = store.catalogue()
    assert lock is not None
    assert (lock.address, lock.at) == (CATALOGUE, "2026-11-29T12:00:00+00:00")
    version = lock.schemas["etalab/irve"].versions["1.0"]
    assert version.address == f"{SITE}/etalab/irve/1.0/schema.json"
    assert version.sha256 == "559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd"
    assert (version.size, version.at) == (1, "2026-11-29T12:00:00+00:00")


def test_an_update_tells_what_is_new_changed_missing_and_gone(store: SchemaStore) -> None:
    frozen(store, site(irve={"1.0": "A", "1.1": "B", "1.2": "C"}, lost={"1.0": "L"}))
    files = site(irve={"1.0": "A", "1.1": "other", "1.2": "C", "2.0": "D"})
    del files[f"{SITE}/etalab/irve/1.2/schema.json"]
    done = frozen(store, files)
    assert done.new == ("etalab/irve@2.0",)
    assert done.changed == ("etalab/irve@1.1",)
    assert done.missing == ("etalab/irve@1.2",)
    assert done.gone == ("etalab/lost@1.0",)
    assert [text_of(store, f"etalab/irve@{v}") for v in ("1.0", "1.1", "1.2")] == [
        "A",
        "other",
        "C",
    ]
    assert text_of(store, "etalab/lost") == "L"


def test_what_left_the_catalogue_is_not_the_latest_while_another_is_there(
    store: SchemaStore,
) -> None:
    frozen(store, site(irve={"1.0": "A", "2.0": "B"}))
    frozen(store, site(irve={"1.0": "A"}))
    assert text_of(store, "etalab/irve") == "A"
    assert text_of(store, "etalab/irve@2.0") == "B"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schemas": 1}', b"[" * 100_000])
def test_without_a_catalogue_all_stays_as_it_was(store: SchemaStore, content: bytes) -> None:
    frozen(store, site(irve={"1.0": "A"}))
    with pytest.raises(CatalogueError) as raised:
        frozen(store, {CATALOGUE: content})
    assert raised.value.reason.code == "schemas_no_catalogue"
    assert text_of(store, "etalab/irve") == "A"


def test_what_is_odd_in_a_catalogue_is_left_out(store: SchemaStore) -> None:
    odd = [5, {"name": 5}, {"name": "a/b", "schema_type": "other"}, {"schema_type": "tableschema"}]
    odd += [{"name": "a/c", "schema_type": "tableschema", "versions": [5, {"version_name": "1"}]}]
    assert frozen(store, {CATALOGUE: json.dumps({"schemas": odd}).encode()}).new == ()
    assert text_of(store, "a/c") == "schema_unknown"


@pytest.mark.parametrize("shape", ["folder", "file", "nested"])
def test_a_copy_that_somebody_carried_here_does_as_well(
    store: SchemaStore, tmp_path: Path, shape: str
) -> None:
    files = site(irve={"1.0": "A"})
    copy = tmp_path / "copy"
    for address, content in files.items():
        parts = address.removeprefix("https://schema.data.gouv.fr/").split("/")
        path = copy.joinpath(*(parts[1:] if shape == "nested" and len(parts) > 1 else parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    place = copy / "schemas.json" if shape == "file" else copy
    assert update(store, from_copy(place, read_regular), NOW).new == ("etalab/irve@1.0",)
    assert text_of(store, "etalab/irve") == "A"


def test_nothing_outside_of_a_copy_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "copy").mkdir()
    get = from_copy(tmp_path / "copy", read_regular)
    for path in ("../secret", "a/../../secret", "a/%2e%2e/%2e%2e/secret"):
        with pytest.raises(CatalogueError):
            get(f"https://schema.data.gouv.fr/{path}", 10)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://example.fr/a", "schemas_elsewhere"),
        ("http://schema.data.gouv.fr/a", "schemas_elsewhere"),
        ("file:///etc/passwd", "schemas_elsewhere"),
        ("a", "schemas_elsewhere"),
        ("https://xn--/a", "schemas_unreachable"),
        ("https://\x00/a", "schemas_unreachable"),
    ],
)
def test_no_schema_is_fetched_from_elsewhere_nor_from_what_is_no_address(
    address: str, code: str
) -> None:
    files = PublicFiles(CATALOGUE, NetworkOptions())
    with pytest.raises(CatalogueError) as raised:
        files.get(address, 10)
    files.close()
    assert raised.value.reason.code == code


def test_halves_of_letters_in_the_catalogue_spoil_no_other_schema(store: SchemaStore) -> None:
    files = site(irve={"1.0": "A"}, velo={"1.0": "B"}, parking={"1.0": "C"})
    odd = files[CATALOGUE].decode().replace('"Velo"', '"\\ud800"')
    odd = odd.replace('"etalab/parking"', '"etalab/\\udfff"')
    found = frozen(store, files | {CATALOGUE: odd.encode()}).catalogue
    assert {name: one.title for name, one in found.schemas.items()} == {
        "etalab/irve": "Irve",
        "etalab/velo": "etalab/velo",
    }
    assert store.catalogue() == found


def test_a_copy_that_was_changed_is_not_believed(store: SchemaStore) -> None:
    frozen(store, site(irve={"1.0": "A"}))
    (file,) = store.folder.glob("*.schema.json")
    file.write_bytes(b"B")
    assert text_of(store, "etalab/irve") == "schema_damaged"
    file.unlink()
    assert text_of(store, "etalab/irve") == "schema_damaged"


@pytest.mark.parametrize("lock", [b"", b"[]", b"{}", b'{"schemas": []}', b"\xff"])
def test_a_lock_that_is_none_is_no_catalogue(store: SchemaStore, lock: bytes) -> None:
    store.folder.mkdir()
    (store.folder / "lock.json").write_bytes(lock)
    assert text_of(store, "etalab/irve") == "schema_no_catalogue"


def test_a_file_of_the_manifests_folder_is_read_and_nothing_else_is_waited_for(
    store: SchemaStore, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8-sig")
    assert text_of(store, "a.json") == "{}"
    assert text_of(store, "none.json") == "schema_file"
    os.mkfifo(tmp_path / "pipe.json")
    assert text_of(store, "pipe.json") == "schema_file"
    (tmp_path / "latin.json").write_bytes(b'{"\xe9": 1}')
    assert text_of(store, "latin.json") == "schema_unreadable"
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST + 1))
    assert text_of(store, "large.json") == "schema_unreadable"


def test_versions_are_compared_by_their_numbers() -> None:
    assert newest(["1.9", "1.10", "v1.2"]) == "1.10"
    assert newest([]) == ""


@pytest.mark.parametrize("text", ["hold", "a/b/c", "a/b@", "a b/c", "@1", "https://a.fr/b", ""])
def test_what_names_no_schema_is_none(text: str) -> None:
    assert parsed(text) is None
