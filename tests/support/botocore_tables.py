"""botocore reads its tables of all services, and how one speaks with S3, anew for each client: a
fifth of a second, for hundreds of clients."""

from __future__ import annotations

import functools

from botocore.loaders import JSONFileLoader, Loader


def read_tables_once() -> None:
    """For this process, until its end."""
    read = functools.cache(JSONFileLoader().load_file)
    JSONFileLoader.load_file = lambda _self, path: read(path)
    services = functools.cache(Loader().list_available_services)
    Loader.list_available_services = lambda _self, type_name: services(type_name)
