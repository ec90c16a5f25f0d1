"""Settings: where they come from, what is said of wrong ones, and that secrets stay secret."""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from syncd import text
from syncd.config.settings import (
    Settings,
    SourceCredentials,
    load_settings,
    secret_values,
    unknown_sources,
)
from syncd.config.settings import gathering as room
from syncd.config.settings.secrecy import holds_secret
from syncd.core.errors import Problem, SettingsError
from syncd.text.sentences import SENTENCES
from tools.french_catalogue import in_english

EVERY_NAME = [
    *room.FIELDS,
    *(f"SYNCD_SOURCES__D__{field.upper()}" for field in SourceCredentials.model_fields),
]


@pytest.fixture(autouse=True)
def _no_secrets_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(room, "DEFAULT_SECRETS_DIR", tmp_path / "none")
    monkeypatch.chdir(tmp_path)


def problems_of(environ: dict[str, str]) -> tuple[Problem, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return caught.value.problems


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load_settings({})
    assert settings.manifest == Path("config/manifest.yaml")
    assert settings.state_dir == Path("state")
    assert settings.log_level == "info"
    assert settings.log_format is None
    assert settings.sources == {}
    assert settings.api_key is None
    assert settings.spool_limit == 50 * 1024**3
    assert (settings.connect_timeout, settings.read_timeout, settings.settle_window) == (10, 60, 15)


def test_every_setting_is_read_without_regard_to_case(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\n")
    settings = load_settings(
        {
            "SYNCD_MANIFEST": "m.yaml",
            "syncd_state_dir": "/var/lib/syncd",
            "SYNCD_DATABASE_URL": "sqlite:////var/lib/syncd/ledger.sqlite",
            "SYNCD_API_KEY": " key ",
            "SYNCD_SOURCES__Mon_Depot__ACCESS_KEY_ID": "ak",
            "Syncd_Sources__MON_DEPOT__secret_access_key": "sk",
            "SYNCD_SOURCES__MON_DEPOT__SESSION_TOKEN": "st",
            "SYNCD_CA_BUNDLE": str(bundle),
            "SYNCD_PROXY": "http://u:p%40ss@proxy:3128",
            "SYNCD_LOG_FORMAT": "JSON",
            "SYNCD_LOG_LEVEL": "Debug",
            "SYNCD_LANG": "FR",
            "SYNCD_CONNECT_TIMEOUT": "2.5",
            "SYNCD_READ_TIMEOUT": "30",
            "SYNCD_SETTLE_WINDOW": "0",
            "SYNCD_SPOOL_LIMIT": "20MB",
        }
    )
    assert settings.state_dir == Path("/var/lib/syncd")
    assert list(settings.sources) == ["mon_depot"]
    assert settings.ca_bundle == bundle
    assert (settings.log_format, settings.log_level, settings.lang) == ("json", "debug", "fr")
    assert (settings.connect_timeout, settings.settle_window) == (2.5, 0)
    assert settings.spool_limit == 20_000_000
    assert set(secret_values(settings)) == {
        "key",
        "ak",
        "sk",
        "st",
        "http://u:p%40ss@proxy:3128",
        "p%40ss",
        "p@ss",
    }


@pytest.mark.parametrize(
    ("written", "size"), [("1024", 1024), ("50GiB", 50 * 1024**3), ("64MiB", 64 * 1024**2)]
)
def test_sizes_are_read_in_the_usual_forms(written: str, size: int) -> None:
    assert load_settings({"SYNCD_SPOOL_LIMIT": written}).spool_limit == size


def test_an_empty_value_counts_as_not_set() -> None:
    assert load_settings({"SYNCD_API_KEY": "", "SYNCD_LANG": " "}).api_key is None


# -- where they come from ------------------------------------------------------------------------


def test_the_nearest_wins(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("syncd_api_key", "syncd_lang", "syncd_log_level"):
        (secrets / name).write_text("en" if name == "syncd_lang" else "error")
    (tmp_path / ".env").write_text(
        "SYNCD_SECRETS_DIR=secrets\nSYNCD_LANG=fr\nSYNCD_LOG_LEVEL=debug\nOTHER=1\n"
    )
    settings = load_settings({"SYNCD_LOG_LEVEL": "warning"})
    assert settings.log_level == "warning"
    assert settings.lang == "fr"
    assert secret_values(settings) == ("error",)


def test_only_the_current_folders_dotenv_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("SYNCD_LANG=fr\n")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert load_settings({}).lang is None


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("SYNCD_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYNCD_LANG", "en")
    assert load_settings().lang == "en"


def test_a_kubernetes_secret_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    real = folder / "..2025_01_01"
    real.mkdir(parents=True)
    (folder / "..data").symlink_to(real.name)
    values = {
        "SYNCD_API_KEY": "key\n",
        "syncd_sources__depot__access_key_id": "ak\r\n",
        "syncd_sources__depot__secret_access_key": "sk",
        "unrelated": "x",
    }
    for name, value in values.items():
        (real / name).write_bytes(value.encode())
        (folder / name).symlink_to(Path("..data") / name)
    settings = load_settings({"SYNCD_SECRETS_DIR": str(folder)})
    assert set(secret_values(settings)) == {"key", "ak", "sk"}


def test_the_usual_secrets_folder_is_read_where_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "DEFAULT_SECRETS_DIR", tmp_path)
    (tmp_path / "syncd_api_key").write_text("key")
    assert secret_values(load_settings({})) == ("key",)


def test_a_secrets_folder_that_is_not_there_is_a_problem() -> None:
    (problem,) = problems_of({"SYNCD_SECRETS_DIR": "/nowhere/secrets"})
    assert problem.reason.code == "setting_no_folder"
    assert problem.path == "SYNCD_SECRETS_DIR"


def test_a_misspelt_secret_file_is_a_problem_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "syncd_api_kye").write_text("wJalrX")
    (problem,) = problems_of({"SYNCD_SECRETS_DIR": str(tmp_path)})
    assert problem.file == str(tmp_path / "syncd_api_kye")
    assert problem.suggestion == "SYNCD_API_KEY"


@pytest.mark.parametrize("name", [".env", "syncd_api_key"])
def test_a_file_that_is_not_utf_8_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"SYNCD_LANG=\xe9\n")
    (problem,) = problems_of({"SYNCD_SECRETS_DIR": str(tmp_path)})
    assert problem.reason.code == "setting_file_unreadable"
    assert problem.reason.facts["detail"] == "UTF-8"


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("SYNCD_API_KEI", "SYNCD_API_KEY"),
        ("SYNCD_LOGLEVEL", "SYNCD_LOG_LEVEL"),
        ("SYNCD_MANIFESTS", "SYNCD_MANIFEST"),
        ("SYNCD_SOURCES__DEPOT__ACCESS_KEY", "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID"),
        ("SYNCD_SOURCES__DEPOT__SECRET_KEY", "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY"),
        ("SYNCD_SOURCE__DEPOT__ACCESS_KEY_ID", "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID"),
        ("SYNCD_SOURCES_DEPOT_ACCESS_KEY_ID", "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID"),
        (
            "SYNCD_SOURCES_MON_DEPOT_SECRET_ACCESS_KEY",
            "SYNCD_SOURCES__MON_DEPOT__SECRET_ACCESS_KEY",
        ),
        ("SYNCD_SOURCES", ""),
        ("SYNCD_SOURCES__DEPOT", ""),
        ("SYNCD_API_KEY__X", "SYNCD_API_KEY"),
        ("SYNCD_HTTP_PORT", ""),
        ("SYNCD_QQQ", ""),
    ],
)
def test_a_misspelt_name_is_a_problem_that_names_the_near_one(name: str, suggestion: str) -> None:
    (problem,) = problems_of({name: "wJalrX"})
    assert problem.reason.code == "setting_unknown"
    assert problem.path == name
    assert problem.suggestion == suggestion
    assert "wJalrX" not in repr(problem)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNCD_PORT", "tcp://10.0.0.1:8080"),
        ("SYNCD_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("SYNCD_SERVICE_HOST", "10.0.0.1"),
        ("SYNCD_SERVICE_PORT_HTTP", "8080"),
        ("SYNCD_METRICS_SERVICE_HOST", "10.0.0.1"),
        ("SYNCD_METRICS_PORT", "tcp://10.0.0.1:8080"),
        ("SYNCD_METRICS_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("SYNCD_TEST_CACHE", "x"),
        ("SYNCDX", "x"),
        ("OTHER", "x"),
    ],
)
def test_what_others_put_in_the_environment_is_let_alone(name: str, value: str) -> None:
    assert load_settings({name: value}) == load_settings({})


def test_no_setting_is_taken_for_one_of_kubernetes() -> None:
    taken = {name for name in EVERY_NAME if not room.from_environ({name: "x"})}
    assert taken == set()


def test_a_source_that_the_manifest_does_not_have_is_a_problem() -> None:
    environ = {
        "SYNCD_SOURCES__DEPOTS__ACCESS_KEY_ID": "ak",
        "SYNCD_SOURCES__DEPOTS__SECRET_ACCESS_KEY": "sk",
    }
    settings = load_settings(environ)
    assert unknown_sources(settings, ["depots", "autre"]) == ()
    problems = unknown_sources(settings, {"depot": object()})
    assert {problem.reason.code for problem in problems} == {"setting_source_unknown"}
    assert [(problem.path, problem.suggestion) for problem in problems] == [
        ("SYNCD_SOURCES__DEPOTS__ACCESS_KEY_ID", "SYNCD_SOURCES__DEPOT__ACCESS_KEY_ID"),
        ("SYNCD_SOURCES__DEPOTS__SECRET_ACCESS_KEY", "SYNCD_SOURCES__DEPOT__SECRET_ACCESS_KEY"),
    ]


# -- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "code", "suggestion"),
    [
        ("SYNCD_LOG_LEVEL", "warn", "setting_choice", "warning"),
        ("SYNCD_LOG_FORMAT", "jsn", "setting_choice", "json"),
        ("SYNCD_LANG", "de", "setting_choice", ""),
        ("SYNCD_READ_TIMEOUT", "0", "setting_number", ""),
        ("SYNCD_READ_TIMEOUT", "1m", "setting_number", ""),
        ("SYNCD_CONNECT_TIMEOUT", "inf", "setting_number", ""),
        ("SYNCD_CONNECT_TIMEOUT", "nan", "setting_number", ""),
        ("SYNCD_SETTLE_WINDOW", "-1", "setting_number", ""),
        ("SYNCD_SPOOL_LIMIT", "big", "setting_size", ""),
        ("SYNCD_SPOOL_LIMIT", "5 cats", "setting_size", ""),
        ("SYNCD_SPOOL_LIMIT", "0", "setting_size", ""),
        ("SYNCD_CA_BUNDLE", "/nowhere/ca.pem", "setting_file_unreadable", ""),
        ("SYNCD_CA_BUNDLE", "/", "setting_file_unreadable", ""),
        ("SYNCD_CA_BUNDLE", "/dev/null", "setting_not_certificates", ""),
        ("SYNCD_DATABASE_URL", "mysql://u:p@h/db", "setting_database", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:p@h", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql:///db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:p@h:port/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:pa@ss@h/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:pa@ss/@h/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:pa%ss@h/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:pa#ss@h/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql://u:pa?ss@h/db", "setting_postgresql", ""),
        ("SYNCD_DATABASE_URL", "postgresql:/u:p@h/db", "setting_no_database", ""),
        ("SYNCD_DATABASE_URL", "jdbc:postgresql://u:p@h/db", "setting_no_database", ""),
        ("SYNCD_DATABASE_URL", "sqlite://", "setting_database", ""),
        ("SYNCD_PROXY", "proxy:3128", "setting_proxy", ""),
        ("SYNCD_API_KEY", "two words", "setting_secret_characters", ""),
        ("SYNCD_API_KEY", "clé", "setting_secret_characters", ""),
        ("SYNCD_SOURCES__D__ACCESS_KEY_ID", "ak", "setting_half_credentials", ""),
        ("SYNCD_SOURCES__D__SECRET_ACCESS_KEY", "sk", "setting_half_credentials", ""),
        ("SYNCD_ARCHIVE", "s3://bucket", "setting_archive_lacks", ""),
        ("SYNCD_ARCHIVE", "s3:bucket", "setting_archive", ""),
        ("SYNCD_ARCHIVE", "s3:/bucket", "setting_archive", ""),
        ("SYNCD_ARCHIVE", "https://s3.example.fr/bucket", "setting_archive", ""),
        ("SYNCD_ARCHIVE", "s3://key:secret@bucket/", "setting_archive", ""),
        ("SYNCD_ARCHIVE_ENDPOINT", "https://s3.example.fr/bucket", "setting_server", ""),
        ("SYNCD_ARCHIVE_ENDPOINT", "s3.example.fr", "setting_server", ""),
        ("SYNCD_ARCHIVE_ENDPOINT", "https://a\u2100b.example", "setting_server", ""),
        ("SYNCD_ARCHIVE_ENDPOINT", "https://[:::]", "setting_server", ""),
        ("SYNCD_WEB_OIDC_ISSUER", "https://xn--/", "setting_https", ""),
    ],
)
def test_a_wrong_value_is_a_problem(name: str, value: str, code: str, suggestion: str) -> None:
    (problem,) = problems_of({name: value})
    assert problem.reason.code == code
    assert problem.suggestion == suggestion
    assert problem.file == "environment"
    assert problem.path.startswith(name.rsplit("__", 1)[0])


WRONG = [
    *("ja", "1.5", "nan", "inf", "1e999", "-1", "0", "12XB", "1_000", "٣MB", "5 cats", "a b"),
    *("9" * 400, "9" * 5000, "9" * 5000 + "GiB", "99999999999999999999999", "[::1]:99999"),
    *(
        "\udcff",
        "a\udcffb",
        "x\0y",
        "\x1b[31m",
        "ééé",
        ".",
        "/nowhere",
        "/dev/null",
        "/" + "n" * 300,
    ),
    *("sqlite://", "http://[", "http://h:99999", "x://[/{contact}", "http://é\udcff/", "://"),
    "http://169.254.169.254/{contact}",
]


@pytest.fixture
def french() -> None:
    text.speak("fr")


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("name", EVERY_NAME)
def test_whatever_is_wrong_with_a_setting_it_is_refused_in_a_plain_sentence(name: str) -> None:
    refused: list[Problem] = []
    for value in WRONG:
        try:
            load_settings({name: value})
        except SettingsError as error:
            refused += error.problems
    for problem in refused:
        said = text.problem(problem)
        assert in_english(said) == []
        assert problem.reason.code in SENTENCES
        assert not re.search(r"\b[a-z]+(?:_[a-z]+)+\b|[“\"«(]\s?[”\"»)]", said), said
    assert refused or name == "SYNCD_BY"  # a name, of whatever letters


def test_a_wrong_yes_or_no_says_what_to_write() -> None:
    (problem,) = problems_of({"SYNCD_UNENCRYPTED_PORTAL": "ja"})
    said = text.problem(problem)
    assert said == "environment: SYNCD_UNENCRYPTED_PORTAL is “ja”; write true or false."


def test_the_refused_database_says_which_kind_it_is() -> None:
    (problem,) = problems_of({"SYNCD_DATABASE_URL": "mysql+pymysql://u:p@h/db"})
    assert problem.reason.facts["scheme"] == "mysql"


def test_all_problems_come_at_once() -> None:
    problems = problems_of(
        {
            "SYNCD_API_KEI": "x",
            "SYNCD_LOG_LEVEL": "loud",
            "SYNCD_READ_TIMEOUT": "soon",
            "SYNCD_SOURCES__D__SESSION_TOKEN": "t",
        }
    )
    assert [(p.path, p.reason.code) for p in problems] == [
        ("SYNCD_API_KEI", "setting_unknown"),
        ("SYNCD_LOG_LEVEL", "setting_choice"),
        ("SYNCD_READ_TIMEOUT", "setting_number"),
        ("SYNCD_SOURCES__D__ACCESS_KEY_ID", "setting_half_credentials"),
        ("SYNCD_SOURCES__D__SECRET_ACCESS_KEY", "setting_half_credentials"),
    ]


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).lang = "fr"  # type: ignore[misc]


def test_tests_may_build_settings_without_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCD_LANG", "fr")
    assert Settings(state_dir=Path("x"), api_key=SecretStr("k")).lang is None


# -- secrets -------------------------------------------------------------------------------------

SECRET = "wJalrXUtnFEMI-K7MDENG-of-32-or-more"


def test_secrets_are_in_no_form_of_the_settings() -> None:
    settings = load_settings(
        {
            "SYNCD_API_KEY": SECRET,
            "SYNCD_SOURCES__D__ACCESS_KEY_ID": SECRET,
            "SYNCD_SOURCES__D__SECRET_ACCESS_KEY": SECRET,
            "SYNCD_SOURCES__D__SESSION_TOKEN": SECRET,
            "SYNCD_PROXY": f"http://u:{SECRET}@proxy:3128",
            "SYNCD_DATABASE_URL": f"sqlite:///{SECRET}.sqlite",
        }
    )
    forms = (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json())
    for form in (*forms, repr(settings.sources), str(list(settings))):
        assert SECRET not in form
    assert SECRET in secret_values(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNCD_API_KEY", f"{SECRET} {SECRET}"),
        ("SYNCD_API_KEY", f"{SECRET}\n{SECRET}"),
        ("SYNCD_SOURCES__D__SECRET_ACCESS_KEY", f"é{SECRET}"),
        ("SYNCD_SOURCES__D__SECRET_ACCES_KEY", SECRET),
        ("SYNCD_SOURCES", f'{{"d": {{"secret_access_key": "{SECRET}"'),
        ("SYNCD_PROXY", f"{SECRET}://x"),
        ("SYNCD_PROXY", f"http://u:{SECRET}@proxy:port"),
        ("SYNCD_DATABASE_URL", SECRET),
        ("SYNCD_DATABASE_URL", f"mysql://u:{SECRET}@h/d"),
        ("SYNCD_DATABASE_URL", f"postgresql://u:{SECRET}@h:port/d"),
        ("SYNCD_API_KEI", SECRET),
    ],
)
def test_a_wrong_secret_is_never_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    error = caught.value
    assert SECRET not in repr(error.problems)
    assert SECRET not in "".join(traceback.format_exception(error))
    assert error.__context__ is None


def test_settings_made_by_hand_do_not_show_a_wrong_secret_either() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(api_key=SecretStr(f"{SECRET} x"))
    assert SECRET not in str(caught.value)


def secret_names(model: type[BaseModel], before: str = "") -> list[str]:
    """Every variable whose field says `SecretStr`, as it is spelt, however deep it lies."""
    found = []
    for name, field in model.model_fields.items():
        if name == "sources":
            found += secret_names(SourceCredentials, f"{before}SOURCES__D__")
        elif "SecretStr" in repr(field.annotation):
            found.append(f"{before}{name.upper()}")
    return found


SECRETS = secret_names(Settings, "SYNCD_")
ARCHIVE = {
    "SYNCD_ARCHIVE": "s3://bucket/prefix",
    "SYNCD_ARCHIVE_ENDPOINT": "https://s3.example.fr",
}
IN_ITS_FORM = {  # of those that are more than one word
    "SYNCD_DATABASE_URL": "sqlite:///{}@x/ledger.sqlite",
    "SYNCD_PROXY": "http://u:{}@proxy:3128",
    "SYNCD_NOTIFY_URLS": "mailtos://u:{}@mail.example",
    "SYNCD_CONTACT_URL": "mailtos://u:{}@mail.example?to={{contact}}",
    "SYNCD_HEARTBEAT_URL": "https://ping.example/{}",
}


def test_the_secrets_of_today_are_found() -> None:
    assert {"SYNCD_API_KEY", "SYNCD_SOURCES__D__SESSION_TOKEN", *IN_ITS_FORM} <= set(SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_is_masked_in_every_form(name: str) -> None:
    written = IN_ITS_FORM.get(name, "{}").format(SECRET)
    environ = {n: "other" for n in SECRETS if "KEY" in n and n.startswith("SYNCD_SOURCES")}
    if name.startswith("SYNCD_ARCHIVE"):
        environ |= {n: "other" for n in SECRETS if n.startswith("SYNCD_ARCHIVE")} | ARCHIVE
    settings = load_settings({**environ, name: written})

    shown = (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json())
    assert [form for form in shown if SECRET in form] == []
    if name != "SYNCD_DATABASE_URL":  # a file's path, which the log may name: it has no password
        assert SECRET in secret_values(settings)


@pytest.mark.parametrize("name", SECRETS)
def test_no_problem_with_a_secret_shows_it(name: str) -> None:
    (problem, *_) = problems_of({name: f"{SECRET}\x00 {SECRET}"})
    assert SECRET not in repr(problem)


class OneMore(SourceCredentials):
    pin: SecretStr | None = None


class WithOneMore(Settings):
    more: dict[str, OneMore] = {}  # noqa: RUF012 - pydantic copies a default
    token: SecretStr | None = None


def test_a_new_secret_is_masked_for_its_type_alone() -> None:
    settings = WithOneMore(
        token=SecretStr("token-1"), more={"d": OneMore(pin=SecretStr("pin-1"))}, state_dir=Path("s")
    )
    assert secret_values(settings) == ("token-1", "pin-1")
    secret = {n for n, field in WithOneMore.model_fields.items() if holds_secret(field.annotation)}
    assert {"token", "more", "sources", "api_key"} <= secret
    assert secret.isdisjoint({"state_dir", "log_level", "by"})


def test_a_new_secret_that_is_an_address_has_its_password_masked_too() -> None:
    settings = WithOneMore(token=SecretStr("https://u:p%40ss@host.example/x"))
    assert {"https://u:p%40ss@host.example/x", "p%40ss", "p@ss"} <= set(secret_values(settings))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("s3://bucket", "s3://bucket/"),
        ("s3://bucket/", "s3://bucket/"),
        (" s3://bucket/a/b ", "s3://bucket/a/b/"),
        ("s3://bucket//a/", "s3://bucket/a/"),
    ],
)
def test_an_archives_address_ends_with_a_slash(written: str, read: str) -> None:
    assert load_settings({**ARCHIVE, "SYNCD_ARCHIVE": written}).archive == read


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SYNCD_ARCHIVE_REGION": "x"}, {"SYNCD_ARCHIVE", "SYNCD_ARCHIVE_ENDPOINT"}),
        ({**ARCHIVE, "SYNCD_ARCHIVE_ACCESS_KEY_ID": "a"}, {"SYNCD_ARCHIVE_SECRET_ACCESS_KEY"}),
        ({**ARCHIVE, "SYNCD_ARCHIVE_SECRET_ACCESS_KEY": "a"}, {"SYNCD_ARCHIVE_ACCESS_KEY_ID"}),
    ],
)
def test_half_an_archive_is_a_problem(given: dict[str, str], missing: set[str]) -> None:
    assert {problem.path for problem in problems_of(given)} == missing
