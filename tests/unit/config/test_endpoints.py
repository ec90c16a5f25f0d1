"""Where syncd may not be sent: by a portal's, a bucket's, a message's or a heartbeat's address."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from syncd.config import configuration
from syncd.config.manifest import loads, models
from syncd.config.settings import Settings, load_settings
from syncd.config.settings.gathering import FIELDS
from syncd.core.errors import ManifestError, SettingsError
from syncd.text import lesson, problem

MANIFEST = """
version: 1
portal: {portal}
sources:
  depot:
    endpoint: {endpoint}
    bucket: opendata
datasets:
  - dataset: musees
    resources:
      - resource: 0f8fad5b-d9cb-469f-a165-70867728950e
        source: depot
        object: a.csv
"""
NOBODYS = [
    *("169.254.169.254", "169.254.1.1", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376"),
    *("[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]"),
    *("metadata.google.internal", "METADATA.google.internal.", "100.100.100.200"),
]


def manifest(portal: str = "https://www.data.gouv.fr", endpoint: str = "https://s3.x.fr") -> str:
    return MANIFEST.format(portal=portal, endpoint=endpoint)


@pytest.mark.parametrize("host", NOBODYS)
@pytest.mark.parametrize("key", ["portal", "endpoint"])
@pytest.mark.parametrize("form", ["https://{}", "http://{}:80"])
def test_nobodys_address_in_the_manifest_is_a_problem(key: str, host: str, form: str) -> None:
    with pytest.raises(ManifestError) as caught:
        loads(manifest(**{key: form.format(host)}), "manifest.yaml")
    (found,) = caught.value.problems
    assert found.reason.code == "nobodys_address"
    assert found.line > 1


SITE = """
thematic:
  - name: culture
    address: {}
    topic: univers-culture
"""


@pytest.mark.parametrize("host", NOBODYS)
def test_nobodys_address_of_a_thematic_site_is_a_problem(host: str) -> None:
    with pytest.raises(ManifestError) as caught:
        loads(manifest() + SITE.format(f"https://{host}:443/page"), "manifest.yaml")
    (found,) = caught.value.problems
    assert (found.reason.code, found.path) == ("nobodys_address", "thematic[0].address")


@pytest.mark.parametrize("host", NOBODYS)
def test_nobodys_address_of_a_queue_is_a_problem(host: str) -> None:
    queue = f"    events: {{queue: 'https://{host}/1/depot'}}\n"
    with pytest.raises(ManifestError) as caught:
        loads(manifest().replace("    bucket: ", queue + "    bucket: "), "manifest.yaml")
    (found,) = caught.value.problems
    assert (found.reason.code, found.path) == ("nobodys_address", "sources.depot.events.queue")


MODELS = [
    model
    for model in vars(models).values()
    if isinstance(model, type) and issubclass(model, models.Shape) and model is not models.Shape
]
# Texts that nobody is sent to.
WORDS = {"name", "source", "contact", "tags", "title", "paused", "region"}
OF_THE_PORTAL = {"dataset", "resource"}  # another portal's is refused: `other_portal`


@pytest.mark.parametrize("model", MODELS)
def test_every_key_that_takes_an_address_refuses_nobodys(model: type[BaseModel]) -> None:
    def refused(field: FieldInfo, written: str) -> set[str]:
        try:
            TypeAdapter(Annotated[field.annotation, "", *field.metadata]).validate_python(written)
        except ValidationError as error:
            return {one["type"] for one in error.errors()}
        return set()

    takes = {
        name: refused(field, "https://169.254.169.254")
        for name, field in model.model_fields.items()
        if not refused(field, "https://www.example.fr")
    }
    for name in WORDS | OF_THE_PORTAL:
        takes.pop(name, None)
    assert takes == {name: {"nobodys_address"} for name in takes}


def test_the_keys_that_take_an_address_are_found() -> None:
    found = {(model.__name__, name) for model in MODELS for name in model.model_fields}
    assert {("Manifest", "portal"), ("Source", "endpoint"), ("Thematic", "address")} <= found


@pytest.mark.parametrize("host", NOBODYS)
@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("SYNCD_HEARTBEAT_URL", "https://robot:s3cret@{}/ping"),
        ("SYNCD_HEARTBEAT_URL", "http://{}:8080"),
        ("SYNCD_PROXY", "http://robot:s3cret@{}:3128"),
        ("SYNCD_PROXY", "https://{}"),
        ("SYNCD_NOTIFY_URLS", "json://hooks.example.fr/x jsons://robot:s3cret@{}:443/x"),
        ("SYNCD_NOTIFY_URLS", "mailto://robot:s3cr@et@{}?to=a@b.fr"),
        ("SYNCD_CONTACT_URL", "mailtos://{}:465/?to={{contact}}"),
        ("SYNCD_WEB_OIDC_ISSUER", "https://{}/api/v2"),
        ("SYNCD_WEB_URL", "https://{}:8443"),
    ],
)
def test_nobodys_address_among_the_settings_is_a_problem_that_shows_nothing(
    tmp_path: Path, name: str, form: str, host: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: form.format(host)}, folder=tmp_path)
    (found,) = caught.value.problems
    assert (found.reason.code, found.path) == ("setting_nobodys_address", name)
    assert "s3cr" not in problem(found)


FORMS = ["{}", "{}:80", "http://{}", "http://u:p@{}:1", "mailtos://{}/?to={{contact}}"]
TAKES_ANYTHING = {  # a path, a name, a key
    *("SYNCD_MANIFEST", "SYNCD_STATE_DIR", "SYNCD_BY", "SYNCD_API_KEY"),
    *("SYNCD_WEB_READERS", "SYNCD_WEB_OPERATORS", "SYNCD_WEB_OIDC_CLIENT_ID"),
    *("SYNCD_WEB_OIDC_CLIENT_SECRET", "SYNCD_WEB_OIDC_SCOPE", "SYNCD_WEB_HEADER", "SYNCD_WEB_KEY"),
    *("SYNCD_WEB_THEME", "SYNCD_WEB_ENTITY", "SYNCD_EVENTS_TOKEN"),
}
LISTENS = {"SYNCD_HTTP_ADDRESS", "SYNCD_EVENTS_ADDRESS"}  # of this machine: nothing is sent there


def test_every_setting_that_takes_an_address_refuses_nobodys(tmp_path: Path) -> None:
    def refused(name: str, value: str) -> set[str]:
        try:
            load_settings({name: value}, folder=tmp_path)
        except SettingsError as error:
            return {one.reason.code for one in error.problems}
        return set()

    takes = {
        (name, form): refused(name, form.format("169.254.169.254"))
        for name in FIELDS.keys() - TAKES_ANYTHING - LISTENS
        for form in FORMS
        if not refused(name, form.format("www.example.fr"))
    }
    assert takes == {one: {"setting_nobodys_address"} for one in takes}
    assert {name.removeprefix("SYNCD_").lower() for name, _ in takes} == {
        *("proxy", "notify_urls", "contact_url", "heartbeat_url")
    }


@pytest.mark.parametrize(
    ("portal", "setting", "fine"),
    [
        ("http://www.data.gouv.fr", False, False),
        ("http://udata:7000", False, False),
        ("http://10.0.0.1", False, False),
        ("http://localhost.example.fr", False, False),
        ("http://udata:7000", True, True),
        ("http://127.0.0.1:7000", False, True),
        ("http://localhost:7000", False, True),
        ("http://[::1]:7000", False, True),
        ("https://udata:7000", False, True),
    ],
)
def test_a_portal_on_another_machine_is_asked_by_https_unless_said_otherwise(
    portal: str, *, setting: bool, fine: bool
) -> None:
    settings = Settings(unencrypted_portal=setting)
    read = loads(manifest(portal), "manifest.yaml")
    if fine:
        assert configuration.with_manifest(settings, read).manifest.portal == portal
        return
    with pytest.raises(SettingsError) as caught:
        configuration.with_manifest(settings, read)
    (found,) = caught.value.problems
    assert found.reason.code == "portal_http"
    assert "SYNCD_UNENCRYPTED_PORTAL=true" in problem(found)


def test_a_portal_without_encryption_is_shown_with_its_line_and_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yaml"
    written = manifest("http://udata:7000").replace("\nversion", "\n# é\nversion")
    written = written.replace("\n", "\r\n")
    file.write_bytes(written.encode("utf-8-sig"))
    with pytest.raises(SettingsError) as caught:
        configuration.start(Settings(manifest=file))
    (found,) = caught.value.problems
    said = lesson(found).splitlines()
    assert said[0].startswith(f"{file}:4:9: The portal http://udata:7000 is asked")
    assert said[1:] == ["  4 | portal: http://udata:7000", "    |         ^^^^^^^^^^^^^^^^^"]


def test_the_line_of_a_portal_shows_no_secret_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "manifest.yaml"
    file.write_text(manifest("http://udata:7000  # api_key: wJalrXUtnFEMI-K7MDENG"))
    with pytest.raises(SettingsError) as caught:
        configuration.start(Settings(manifest=file))
    assert "wJalrX" not in "".join(map(lesson, caught.value.problems))


def test_a_bucket_of_a_container_may_be_read_without_encryption() -> None:
    assert loads(manifest(endpoint="http://s3:8333"), "manifest.yaml").sources["depot"]
