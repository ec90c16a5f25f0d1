"""`syncd schema`."""

from __future__ import annotations

from syncd.cli.documents import put
from syncd.manifest import json_schema
from syncd.report import OK


def run() -> int:
    put(json_schema())
    return OK
