"""Ways in which a request to the portal goes wrong, as the simulator's faults take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ODD_ANSWERS: Mapping[str, dict[str, Any]] = {
    "413 as HTML": {"status": 413, "body": "<html>too large</html>", "content_type": "text/html"},
    "429 for long": {"status": 429, "headers": {"Retry-After": "3600"}},
    "a page with 200": {"status": 200, "body": "<html>sign in</html>", "content_type": "text/html"},
}
CUTS: Mapping[str, dict[str, Any]] = {
    "cut after the body": {"cut": "body"},
    "cut after the work": {"cut": "after"},
}
