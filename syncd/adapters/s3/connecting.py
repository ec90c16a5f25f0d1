"""The botocore client of one bucket: nothing of the machine's own AWS set-up gets in unasked."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote, urlsplit

from botocore.config import Config
from botocore.session import Session

from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.failures import is_lasting
from syncd.adapters.s3.listing import look_once, read_listings_fast

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def client(
    endpoint: str, credentials: Credentials | None, *, verify: bool | str, config: Config
) -> S3Client:
    session = Session(session_vars=_sealed() if credentials else None)
    # The usual chain ends with the cloud's metadata service, where there is one: do not hang on it.
    session.set_config_variable("metadata_service_timeout", 1)
    session.set_config_variable("metadata_service_num_attempts", 1)
    read_listings_fast(session)
    keys: dict[str, Any] = {}
    if credentials:
        keys = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_session_token": credentials.session_token,
        }
    client = session.create_client(
        "s3", endpoint_url=endpoint, verify=verify, config=config, **keys
    )
    look_once(client)
    client.meta.events.register_first("needs-retry.s3", _give_up)
    return cast("S3Client", client)


def _give_up(caught_exception: Exception | None = None, **_: object) -> None:
    """botocore would try again whatever kept it from connecting."""
    if caught_exception is not None and is_lasting(caught_exception):
        raise caught_exception


def _sealed() -> dict[str, Any]:
    """Session variables (config name, environment name, default, conversion) that find nothing."""
    return {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }


def secrets(credentials: Credentials | None, proxy: str | None) -> tuple[str, ...]:
    found: set[str] = set()
    if credentials:
        found |= {credentials.secret_access_key, credentials.session_token or ""}
    if proxy:
        parts = urlsplit(proxy)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if secret := password or user:
            basic = b64encode(f"{user}:{password}".encode()).decode()  # RFC 7617
            found |= {proxy, basic, secret, quote(secret, safe=""), parts.password or ""}
    return tuple(sorted((s for s in found if s), key=len, reverse=True))


def address(proxy: str) -> str:
    """HOST:PORT, and nothing of its user."""
    parts = urlsplit(proxy)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def trusted_by_the_proxy(ca_bundle: Path | None, proxy: str | None) -> Any:
    """A proxy that is reached by https shows a certificate too."""
    if ca_bundle is None or proxy is None or urlsplit(proxy).scheme != "https":
        return None
    return {"proxy_ca_bundle": str(ca_bundle)}
