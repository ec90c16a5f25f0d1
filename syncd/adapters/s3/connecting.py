"""The botocore client of one bucket: nothing of the machine's own AWS set-up gets in unasked."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from syncd.adapters.net import ceilings
from syncd.adapters.net.tls import shows_a_certificate
from syncd.adapters.s3.botocore_internals import (
    check_once,
    hold_to_budgets,
    read_listings_fast,
)
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.failures import is_lasting

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def client(
    endpoint: str, credentials: Credentials | None, *, verify: bool | str, config: Config
) -> S3Client:
    client = service("s3", endpoint, credentials, verify=verify, config=config)
    check_once(client)
    client.meta.events.register_first("needs-retry.s3", _give_up)
    return cast("S3Client", client)


def service(
    name: str, endpoint: str, credentials: Credentials | None, *, verify: bool | str, config: Config
) -> BaseClient:
    """A client of this service, as botocore calls it; what it reads is held to budgets."""
    session = Session(session_vars=_sealed() if credentials else None)
    # The usual chain ends with the cloud's metadata service, where there is one: do not hang on it.
    session.set_config_variable("metadata_service_timeout", 1)
    session.set_config_variable("metadata_service_num_attempts", 1)
    read_listings_fast(session)
    keys: dict[str, Any] = {}
    if credentials:  # else the usual chain may need another service of AWS
        session.register_component("data_loader", _models())
        keys = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "aws_session_token": credentials.session_token,
        }
    made = session.create_client(name, endpoint_url=endpoint, verify=verify, config=config, **keys)
    hold_to_budgets(made)
    return made


class _Models(Loader):
    """What botocore knows of S3 and SQS, without where AWS has its servers: the endpoint is given.
    That alone is a megabyte to be read, and four hundred folders are looked into for the others.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        del type_name
        return ["s3", "sqs"]

    def load_data(self, name: str) -> Any:
        if name == "endpoints":
            return {"version": 3, "partitions": []}
        return super().load_data(name)


@cache
def _models() -> Loader:
    """One for all sources; it remembers what it has read."""
    # Not what somebody may have put into ~/.aws/models.
    return _Models([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def _give_up(caught_exception: Exception | None = None, **_: object) -> None:
    """botocore would try again whatever kept it from connecting, or from reading any further."""
    if caught_exception is None:
        return
    budget = ceilings.active()
    if is_lasting(caught_exception) or (budget is not None and budget.exceeded):
        raise caught_exception


def _sealed() -> dict[str, Any]:
    """Session variables (config name, environment name, default, conversion) that find nothing."""
    return {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }


def proxies(proxy: str | None, ca_bundle: Path | None) -> dict[str, Any]:
    """Of botocore's `Config`."""
    trusted = None
    if ca_bundle is not None and proxy is not None and shows_a_certificate(proxy):
        trusted = {"proxy_ca_bundle": str(ca_bundle)}
    # An empty mapping, not None: botocore asks the environment when it is None
    # (`EndpointCreator.create_endpoint`).
    return {
        "proxies": {} if proxy is None else {"http": proxy, "https": proxy},
        "proxies_config": trusted,
    }
