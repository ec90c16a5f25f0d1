"""The settings themselves: names, types, defaults, and how their values must look."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from syncd.config.regular_files import NotRegular, read_regular
from syncd.config.settings.secrecy import Address
from syncd.core.hosts import is_loopback, leads_to_nobody
from syncd.core.reasons import Fact
from syncd.core.unseen import in_sight

PREFIX = "SYNCD_"
SHORTEST_KEY, LONGEST_NAME = 32, 254  # characters; the latter as of a mail address (RFC 5321)
PART_SIZES = (1_000_000, 100_000_000)  # bytes; the portal holds a part whole in its memory


def _wrong(code: str, **facts: Fact) -> PydanticCustomError:
    # pydantic cannot hold the surrogates that stand for bytes of a path that is no UTF-8.
    seen = {name: in_sight(one) if isinstance(one, str) else one for name, one in facts.items()}
    return PydanticCustomError(code, "refused", seen)


def _printable(value: SecretStr) -> SecretStr:
    """A credential goes into a header: no space, no control character, ASCII only."""
    secret = value.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]+", secret):
        raise _wrong("setting_secret_characters")
    return SecretStr(secret)


def _database(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if re.fullmatch(r"sqlite:///\S.*", url):
        return Address(url)
    scheme = re.match(r"[a-z][a-z0-9]{0,19}(?=(?:\+[a-z0-9]+)?://)", url)
    if scheme is None:
        raise _wrong("setting_no_database")
    if scheme.group() not in {"postgresql", "postgres"}:
        raise _wrong("setting_database", scheme=scheme.group())
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        fine = False
    # Else a part of the password would be taken for the host, and be named.
    misread = url.count("@") > 1 or re.search(r"%(?![0-9A-Fa-f]{2})", url)
    if misread or not fine:
        raise _wrong("setting_postgresql")
    return Address(url)


def _proxy(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise _wrong("setting_proxy")
    _must_be_somebodys(url)
    return Address(url)


def _size(value: str, read: ValidatorFunctionWrapHandler) -> ByteSize:
    try:
        found: ByteSize = read(value)
    except OverflowError:  # of thousands of digits, in the oldest pydantic that we allow
        raise PydanticCustomError("byte_size", "refused") from None
    return found


Size = Annotated[ByteSize, WrapValidator(_size)]


def _part_size(value: ByteSize) -> ByteSize:
    least, most = PART_SIZES
    if not least <= value <= most:
        raise _wrong("setting_part_size", least=least, most=most)
    return value


def _listen(value: str) -> str:
    """`HOST:PORT`, `[::1]:PORT` or `off`."""
    address = value.strip().lower()
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+):([0-9]{1,5})", address)
    if address != "off" and (found is None or int(found[2]) > 65535):
        raise _wrong("setting_listen", read=address[:80])
    return address


def _web(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise _wrong("setting_web")
    _must_be_somebodys(url)
    return SecretStr(url)


def _must_be_somebodys(url: str) -> None:
    if leads_to_nobody(url):
        raise _wrong("setting_nobodys_address")


def _contact(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if "://" not in url or "{contact}" not in url:
        raise _wrong("setting_contact")
    _must_be_somebodys(url)
    return SecretStr(url)


def _archive(value: str) -> str:
    """`s3://bucket/prefix/`, with a slash at its end, or `s3://bucket/`."""
    address = value.strip()
    found = re.fullmatch(r"s3://([a-zA-Z0-9][a-zA-Z0-9._-]{1,62})(?:/([^\s?#]*))?", address)
    if found is None:
        raise _wrong("setting_archive")
    prefix = (found[2] or "").strip("/")
    return f"s3://{found[1]}/{prefix}/" if prefix else f"s3://{found[1]}/"


def _server(value: str) -> str:
    url = value.strip().rstrip("/")
    if not re.fullmatch(r"https?://(\[[0-9a-fA-F:.]+\]|[^\s/@?#:]+)(:[0-9]{1,5})?", url):
        raise _wrong("setting_server")
    _must_be_somebodys(url)
    return url


def _page_url(value: str) -> str:
    """Scheme, host and port alone. Cookies for it go over TLS, or stay on this machine."""
    url = _server(value.lower())
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise _wrong("setting_https")
    return url


def _mail_or_page(value: str) -> str:
    found = value.strip()
    if not re.fullmatch(r"https://[^\s/]+\S*|[^\s@/<>:?&]+@[^\s@/<>:?&]+", found):
        raise _wrong("setting_mail_or_page")
    return found


def _issuer(value: str) -> str:
    """As it calls itself, which is not always without a slash at its end."""
    url = value.strip()
    parts = re.fullmatch(
        r"(https?)://(\[[0-9a-fA-F:.]+\]|[^\s/@?#:]+)(:[0-9]{1,5})?(/[^\s?#]*)?", url
    )
    if parts is None or (parts[1] != "https" and not is_loopback(parts[2])):
        raise _wrong("setting_https")
    _must_be_somebodys(url)
    return url


def _words(value: object) -> object:
    return tuple(re.split(r"[\s,]+", value.strip(" ,\t\n"))) if isinstance(value, str) else value


def _seen(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(one.isprintable() and len(one) <= LONGEST_NAME for one in values):
        raise _wrong("setting_invalid")
    return values


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for one in values:
        try:
            ip_network(one)
        except ValueError:
            raise _wrong("setting_networks", read=one[:80]) from None
    return values


def _header(value: str) -> str:
    """RFC 9110, 5.1."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", value):
        raise _wrong("setting_invalid")
    return value


def _key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < SHORTEST_KEY:
        raise _wrong("setting_short_key", least=SHORTEST_KEY)
    return _printable(value)


def _scope(value: str) -> str:
    """RFC 6749, 3.3; also fit for a client's name (appendix A.1)."""
    words = value.split()
    if not all(re.fullmatch(r"[!#-\[\]-~]{1,200}", one) for one in words):
        raise _wrong("setting_invalid")
    return " ".join(words)


def _siret(value: str) -> str:
    digits = re.sub(r"\s", "", value)
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise _wrong("setting_siret")
    return digits


def _notify(value: SecretStr) -> SecretStr:
    urls = value.get_secret_value().split()
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", url) for url in urls):
        raise _wrong("setting_notify")
    for one in urls:
        _must_be_somebodys(one)
    return SecretStr("\n".join(urls))


def _nameable(path: Path) -> Path:
    if "\0" in str(path):  # as a secret file's content may hold
        raise _wrong("setting_invalid")
    return path


def _certificates(path: Path) -> Path:
    try:
        content = read_regular(path)
    except NotRegular:
        content = b""
    except OSError as error:
        detail = error.strerror or ""
        raise _wrong("setting_file_unreadable", path=str(path), detail=detail) from None
    if b"-----BEGIN " not in content:
        raise _wrong("setting_not_certificates", path=str(path))
    return path


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Names = Annotated[Words, AfterValidator(_seen)]
Credential = Annotated[SecretStr, AfterValidator(_printable)]
Place = Annotated[Path, AfterValidator(_nameable)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class SourceCredentials(BaseModel):
    """The key of one source; without one, boto3's usual chain is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    access_key_id: Credential | None = Field(None, description="Access key of the source.")
    secret_access_key: Credential | None = Field(
        None, description="Secret key of the source; goes with the access key."
    )
    session_token: Credential | None = Field(
        None, description="Session token, only for temporary keys."
    )


class Settings(BaseSettings):
    """All settings. Made by `load_settings`, or in tests from keyword arguments alone."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    manifest: Place = Field(Path("config/manifest.yaml"), description="The manifest.")
    state_dir: Place = Field(
        Path("state"),
        description="Folder of syncd's memory, locks, temporary files and kept versions.",
    )
    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        None,
        description="Where syncd's memory is kept: `sqlite:///…`, or "
        "`postgresql://user:password@host:5432/database` (docs/postgresql.md). Not set: a SQLite "
        "file in the state folder.",
    )
    secrets_dir: Place | None = Field(
        None,
        description="Folder of secret files, named like these variables. Not set: `/run/secrets` "
        "where it exists.",
    )
    api_key: Credential | None = Field(
        None, description="API key of the portal's account that publishes."
    )
    sources: dict[str, SourceCredentials] = Field(
        default_factory=dict, description="Keys of the sources, by the manifest's names."
    )
    ca_bundle: Annotated[Place, AfterValidator(_certificates)] | None = Field(
        None,
        description="File of your own certificate authorities (PEM): S3 is checked against them "
        "alone, the portal against them and the public ones. Not set: the public ones.",
    )
    proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = Field(
        None,
        description="HTTP proxy towards the portal; S3 only for sources with `use_proxy: true`.",
    )
    unencrypted_portal: bool = Field(
        False,
        description="Whether a portal on another machine may be asked by `http://`, where whoever "
        "is on the way can read the key: only within a network that is yours alone.",
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] | None = Field(
        None, description="`console` or `json`. Not set: console on a terminal, else json."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        Field("info", description="`debug`, `info`, `warning` or `error`.")
    )
    lang: Annotated[Literal["fr", "en"], BeforeValidator(_lower)] | None = Field(
        None, description="Language of the sentences: `fr` or `en`. Not set: the system's."
    )
    connect_timeout: Seconds = Field(
        10.0, description="Seconds to wait for a connection, to S3 or the portal."
    )
    read_timeout: Seconds = Field(60.0, description="Seconds to wait for the next bytes.")
    settle_window: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        15.0,
        description="Seconds in which an upload whose answer was lost may still appear online; "
        "grows with the file's size.",
    )
    spool_limit: Annotated[Size, Field(gt=0)] = Field(
        ByteSize(50 * 1024**3),
        description="Largest object that is read: bytes, or such as `50GiB`, `64MiB`, `20MB`.",
    )
    upload_part_threshold: Size = Field(
        ByteSize(64 * 1024**2),
        description="Size above which a file is sent to the portal in parts.",
    )
    upload_part_size: Annotated[Size, AfterValidator(_part_size)] = Field(
        ByteSize(5_000_000), description="Size of these parts, from 1MB to 100MB."
    )

    http_address: Annotated[str, AfterValidator(_listen)] = Field(
        "127.0.0.1:8080",
        description="Where `syncd run` answers `/healthz`, `/readyz`, `/metrics`; or `off`.",
    )
    web: bool = Field(
        False,
        description="Whether `syncd run` also shows the operators' page at `SYNCD_HTTP_ADDRESS`, "
        "which must be a loopback address unless people sign in (docs/page.md).",
    )
    web_auth: Annotated[Literal["off", "proxy", "oidc"], BeforeValidator(_lower)] = Field(
        "off",
        description="How the page knows who asks: `off` (whoever is on this machine reads, and "
        "nobody decides), `proxy` (a proxy names them), `oidc` (they sign in by OpenID Connect).",
    )
    web_url: Annotated[str, AfterValidator(_page_url)] | None = Field(
        None,
        description="Where people open the page, for example `https://syncd.ville.example`. It "
        "answers to no other name.",
    )
    web_readers: Names = Field(
        (), description="Who may read the page: mail addresses or names, separated by spaces."
    )
    web_operators: Names = Field(
        (), description="Who may also decide on the page, in the same way. Nobody else sees it."
    )
    web_key: Annotated[SecretStr, AfterValidator(_key)] | None = Field(
        None,
        description="What the page signs its forms and sessions with, 32 characters or more; the "
        "same on all machines that show it. Not set: a key is made and kept in the state folder.",
    )
    web_proxies: Annotated[Words, AfterValidator(_networks)] = Field(
        (),
        description="Addresses or networks of the proxies before the page, such as `10.0.3.7 "
        "10.1.0.0/24`. With `SYNCD_WEB_AUTH=proxy` nobody else is answered.",
    )
    web_header: Annotated[str, AfterValidator(_header)] = Field(
        "X-Forwarded-Email", description="Header in which such a proxy names who asks."
    )
    web_link_days: Annotated[int, Field(ge=1, le=366)] = Field(
        30,
        description="Days for which a link in a message to a dataset's contact shows its deposits "
        "on the page; there are such links where `SYNCD_WEB_URL` is set.",
    )
    web_entity: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="Who publishes the page, for its accessibility statement."
    )
    web_contact: Annotated[str, AfterValidator(_mail_or_page)] | None = Field(
        None,
        description="Where people write about its accessibility: a mail address, or a form's https "
        "address.",
    )
    web_theme: Place | None = Field(
        None,
        description="Folder with a `theme.css` that the page shows over its own sheet, with the "
        "fonts and pictures that it uses (docs/page.md).",
    )
    web_oidc_issuer: Annotated[str, AfterValidator(_issuer)] | None = Field(
        None, description="Issuer of the OpenID Connect provider, as it calls itself."
    )
    web_oidc_client_id: Annotated[str, AfterValidator(_scope)] | None = Field(
        None, description="What the provider calls the page."
    )
    web_oidc_client_secret: Credential | None = Field(
        None, description="What the page proves that with."
    )
    web_oidc_scope: Annotated[str, AfterValidator(_scope)] = Field(
        "openid email",
        description="What the provider is asked for; ProConnect: `openid email siret`.",
    )
    web_oidc_siret: Annotated[str, AfterValidator(_siret)] | None = Field(
        None, description="The one organisation (claim `siret`) whose people may sign in."
    )
    web_oidc_use_proxy: bool = Field(
        False, description="Whether the provider is asked through `SYNCD_PROXY`."
    )
    concurrency: Annotated[int, Field(ge=1, le=64)] = Field(
        4,
        description="How many datasets are worked on at once, and how many requests at most are "
        "under way to the portal.",
    )
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        1,
        description="How many processes of this machine work, each on as many datasets as "
        "`SYNCD_CONCURRENCY` says. More than one need a ledger on PostgreSQL.",
    )
    stop_grace: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        30.0,
        description="Seconds that a transfer under way gets to finish when the service is stopped.",
    )
    cycle_deadline: Annotated[float, Field(gt=0, le=604800, allow_inf_nan=False)] = Field(
        3600.0, description="Seconds after which a cycle that has not ended is reported."
    )
    portal_check_every: Annotated[float, Field(ge=60, le=2678400, allow_inf_nan=False)] = Field(
        86400.0,
        description="Seconds between two looks at the portal for a dataset where nothing changes.",
    )
    notify_urls: Annotated[SecretStr, AfterValidator(_notify)] | None = Field(
        None,
        description="Who runs syncd and is told what needs a person: apprise addresses "
        "(`mailtos://…`, `matrixs://…`, `mmosts://…`, `jsons://…`), separated by spaces.",
    )
    contact_url: Annotated[SecretStr, AfterValidator(_contact)] | None = Field(
        None,
        description="How a dataset's `contact` is written to: an apprise address with `{contact}` "
        "in the place of the mail address.",
    )
    contact_receipts: bool = Field(
        True,
        description="Whether a dataset's `contact` is also told of each file that goes online.",
    )
    heartbeat_url: Annotated[SecretStr, AfterValidator(_web)] | None = Field(
        None, description="Address that is asked (GET) after cycles, while nothing has failed."
    )
    by: str | None = Field(
        None,
        description="Who releases, forces, undoes, unpins, pushes, purges or forgets, where `--by` "
        "does not say.",
    )
    keep_versions: Annotated[int, Field(ge=0, le=100)] = Field(
        2,
        description="How many published versions of each file are kept to go back to, the one "
        "online among them; `0`: none.",
    )
    archive_limit: Annotated[Size, Field(ge=0)] = Field(
        ByteSize(20 * 1024**3),
        description="Most bytes that kept versions may take in the state folder, or in the bucket "
        "of `SYNCD_ARCHIVE`.",
    )
    archive: Annotated[str, AfterValidator(_archive)] | None = Field(
        None,
        description="Bucket for kept versions, `s3://bucket/prefix`, of which syncd has the prefix "
        "to itself. Not set: a folder in the state folder.",
    )
    archive_endpoint: Annotated[str, AfterValidator(_server)] | None = Field(
        None, description="URL of this bucket's S3 service: scheme, host and port."
    )
    archive_region: str = Field(
        "us-east-1", description="Region of this bucket, where its server has several."
    )
    archive_addressing: Annotated[Literal["auto", "path", "virtual"], BeforeValidator(_lower)] = (
        Field("auto", description="How this bucket is addressed: `path`, `virtual` or `auto`.")
    )
    archive_access_key_id: Credential | None = Field(
        None, description="Access key of this bucket. Not set: boto3's usual chain is asked."
    )
    archive_secret_access_key: Credential | None = Field(
        None, description="Secret key of this bucket; goes with the access key."
    )
    archive_session_token: Credential | None = Field(
        None, description="Session token of this bucket, only for temporary keys."
    )
    keep_days: Annotated[int, Field(ge=1, le=36500)] = Field(
        90, description="Days for which past cycles are remembered; publications always are."
    )
    keep_names_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        0,
        description="Days after which the service replaces the names of persons in the history by "
        "pseudonyms; `0`: never.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- pydantic-settings' own signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load_settings` gathers the variables itself: it must know where each came from."""
        return (init_settings,)
