"""`syncd schema`."""

from __future__ import annotations

from syncd.cli.output.json_documents import put
from syncd.config.manifest import json_schema
from syncd.core.results import OK


def run() -> int:
    put(json_schema())
    return OK
