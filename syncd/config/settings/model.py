"""The settings themselves: names, types and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from syncd.config.settings import values

PREFIX = "SYNCD_"


class SourceCredentials(BaseModel):
    """The secrets of one source; without its key, boto3's usual chain is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    access_key_id: values.Credential | None = Field(None, description="Access key of the source.")
    secret_access_key: values.Credential | None = Field(
        None, description="Secret key of the source; goes with the access key."
    )
    session_token: values.Credential | None = Field(
        None, description="Session token, only for temporary keys."
    )
    events_token: Annotated[SecretStr, AfterValidator(values.key)] | None = Field(
        None,
        description="What whoever tells of new objects of this source must know, in the place of "
        "`SYNCD_EVENTS_TOKEN`.",
    )


class Settings(BaseSettings):
    """All settings. Made by `load_settings`, or in tests from keyword arguments alone."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False
    )

    manifest: values.Place = Field(Path("config/manifest.yaml"), description="The manifest.")
    state_dir: values.Place = Field(
        Path("state"),
        description="Folder of syncd's memory, locks, temporary files and kept versions.",
    )
    database_url: Annotated[SecretStr, AfterValidator(values.database)] | None = Field(
        None,
        description="Where syncd's memory is kept: `sqlite:///…`, or "
        "`postgresql://user:password@host:5432/database` (docs/postgresql.md). Not set: a SQLite "
        "file in the state folder.",
    )
    secrets_dir: values.Place | None = Field(
        None,
        description="Folder of secret files, named like these variables. Not set: `/run/secrets` "
        "where it exists.",
    )
    api_key: values.Credential | None = Field(
        None, description="API key of the portal's account that publishes."
    )
    sources: dict[str, SourceCredentials] = Field(
        default_factory=dict, description="Keys of the sources, by the manifest's names."
    )
    ca_bundle: Annotated[values.Place, AfterValidator(values.certificates)] | None = Field(
        None,
        description="File of your own certificate authorities (PEM): S3 is checked against them "
        "alone, the portal against them and the public ones. Not set: the public ones.",
    )
    proxy: Annotated[SecretStr, AfterValidator(values.proxy)] | None = Field(
        None,
        description="HTTP proxy towards the portal; S3 only for sources with `use_proxy: true`.",
    )
    unencrypted_portal: bool = Field(
        False,
        description="Whether a portal on another machine may be asked by `http://`, where whoever "
        "is on the way can read the key: only within a network that is yours alone.",
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(values.lower)] | None = Field(
        None, description="`console` or `json`. Not set: console on a terminal, else json."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(values.lower)
    ] = Field("info", description="`debug`, `info`, `warning` or `error`.")
    lang: Annotated[Literal["fr", "en"], BeforeValidator(values.lower)] | None = Field(
        None, description="Language of the sentences: `fr` or `en`. Not set: the system's."
    )
    connect_timeout: values.Seconds = Field(
        10.0, description="Seconds to wait for a connection, to S3 or the portal."
    )
    read_timeout: values.Seconds = Field(60.0, description="Seconds to wait for the next bytes.")
    settle_window: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        15.0,
        description="Seconds in which an upload whose answer was lost may still appear online; "
        "grows with the file's size.",
    )
    spool_limit: Annotated[values.Size, Field(gt=0)] = Field(
        ByteSize(50 * 1024**3),
        description="Largest object that is read: bytes, or such as `50GiB`, `64MiB`, `20MB`.",
    )
    upload_part_threshold: values.Size = Field(
        ByteSize(64 * 1024**2),
        description="Size above which a file is sent to the portal in parts.",
    )
    upload_part_size: Annotated[values.Size, AfterValidator(values.part_size)] = Field(
        ByteSize(5_000_000), description="Size of these parts, from 1MB to 100MB."
    )

    http_address: Annotated[str, AfterValidator(values.listen)] = Field(
        "127.0.0.1:8080",
        description="Where `syncd run` answers `/healthz`, `/readyz`, `/metrics`; or `off`.",
    )
    web: bool = Field(
        False,
        description="Whether `syncd run` also shows the operators' page at `SYNCD_HTTP_ADDRESS`, "
        "which must be a loopback address unless people sign in (docs/page.md).",
    )
    web_auth: Annotated[Literal["off", "proxy", "oidc"], BeforeValidator(values.lower)] = Field(
        "off",
        description="How the page knows who asks: `off` (whoever is on this machine reads, and "
        "nobody decides), `proxy` (a proxy names them), `oidc` (they sign in by OpenID Connect).",
    )
    web_url: Annotated[str, AfterValidator(values.page_url)] | None = Field(
        None,
        description="Where people open the page, for example `https://syncd.ville.example`. It "
        "answers to no other name.",
    )
    web_readers: values.Names = Field(
        (), description="Who may read the page: mail addresses or names, separated by spaces."
    )
    web_operators: values.Names = Field(
        (), description="Who may also decide on the page, in the same way. Nobody else sees it."
    )
    web_key: Annotated[SecretStr, AfterValidator(values.key)] | None = Field(
        None,
        description="What the page signs its forms and sessions with, 32 characters or more; the "
        "same on all machines that show it. Not set: a key is made and kept in the state folder.",
    )
    web_proxies: Annotated[values.Words, AfterValidator(values.networks)] = Field(
        (),
        description="Addresses or networks of the proxies before the page, such as `10.0.3.7 "
        "10.1.0.0/24`. With `SYNCD_WEB_AUTH=proxy` nobody else is answered.",
    )
    web_header: Annotated[str, AfterValidator(values.header)] = Field(
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
    web_contact: Annotated[str, AfterValidator(values.mail_or_page)] | None = Field(
        None,
        description="Where people write about its accessibility: a mail address, or a form's https "
        "address.",
    )
    web_theme: values.Place | None = Field(
        None,
        description="Folder with a `theme.css` that the page shows over its own sheet, with the "
        "fonts and pictures that it uses (docs/page.md).",
    )
    web_oidc_issuer: Annotated[str, AfterValidator(values.issuer)] | None = Field(
        None, description="Issuer of the OpenID Connect provider, as it calls itself."
    )
    web_oidc_client_id: Annotated[str, AfterValidator(values.scope)] | None = Field(
        None, description="What the provider calls the page."
    )
    web_oidc_client_secret: values.Credential | None = Field(
        None, description="What the page proves that with."
    )
    web_oidc_scope: Annotated[str, AfterValidator(values.scope)] = Field(
        "openid email",
        description="What the provider is asked for; ProConnect: `openid email siret`.",
    )
    web_oidc_siret: Annotated[str, AfterValidator(values.siret)] | None = Field(
        None, description="The one organisation (claim `siret`) whose people may sign in."
    )
    web_oidc_use_proxy: bool = Field(
        False, description="Whether the provider is asked through `SYNCD_PROXY`."
    )
    events_address: Annotated[str, AfterValidator(values.listen)] = Field(
        "off",
        description="Where S3 servers tell `syncd run` of new objects, by `POST /events/<source>` "
        "(docs/evenements.md); or `off`.",
    )
    events_token: Annotated[SecretStr, AfterValidator(values.key)] | None = Field(
        None,
        description="What these servers must know, 32 characters or more. Without it, or one of a "
        "source's own, nobody may tell of that source.",
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
    notify_urls: Annotated[SecretStr, AfterValidator(values.notify)] | None = Field(
        None,
        description="Who runs syncd and is told what needs a person: apprise addresses "
        "(`mailtos://…`, `matrixs://…`, `mmosts://…`, `jsons://…`), separated by spaces.",
    )
    contact_url: Annotated[SecretStr, AfterValidator(values.contact)] | None = Field(
        None,
        description="How a dataset's `contact` is written to: an apprise address with `{contact}` "
        "in the place of the mail address.",
    )
    contact_receipts: bool = Field(
        True,
        description="Whether a dataset's `contact` is also told of each file that goes online.",
    )
    heartbeat_url: Annotated[SecretStr, AfterValidator(values.web)] | None = Field(
        None, description="Address that is asked (GET) after cycles, while nothing has failed."
    )
    by: str | None = Field(
        None,
        description="Who releases, leaves, forces, undoes, unpins, pushes, purges or forgets, "
        "where `--by` does not say.",
    )
    keep_versions: Annotated[int, Field(ge=0, le=100)] = Field(
        2,
        description="How many published versions of each file are kept to go back to, the one "
        "online among them; `0`: none.",
    )
    archive_limit: Annotated[values.Size, Field(ge=0)] = Field(
        ByteSize(20 * 1024**3),
        description="Most bytes that kept versions may take in the state folder, or in the bucket "
        "of `SYNCD_ARCHIVE`.",
    )
    archive: Annotated[str, AfterValidator(values.archive)] | None = Field(
        None,
        description="Bucket for kept versions, `s3://bucket/prefix`, of which syncd has the prefix "
        "to itself. Not set: a folder in the state folder.",
    )
    archive_endpoint: Annotated[str, AfterValidator(values.server)] | None = Field(
        None, description="URL of this bucket's S3 service: scheme, host and port."
    )
    archive_region: str = Field(
        "us-east-1", description="Region of this bucket, where its server has several."
    )
    archive_addressing: Annotated[
        Literal["auto", "path", "virtual"], BeforeValidator(values.lower)
    ] = Field("auto", description="How this bucket is addressed: `path`, `virtual` or `auto`.")
    archive_access_key_id: values.Credential | None = Field(
        None, description="Access key of this bucket. Not set: boto3's usual chain is asked."
    )
    archive_secret_access_key: values.Credential | None = Field(
        None, description="Secret key of this bucket; goes with the access key."
    )
    archive_session_token: values.Credential | None = Field(
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
