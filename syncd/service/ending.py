"""How the process of a service ends: by itself, or at once where something in it goes on."""

from __future__ import annotations

import os
import sys
import threading


def end(code: int, *, is_hanging: bool = False) -> int:
    """The code, for whoever returns it.

    Python's own end waits for threads that go on (`is_hanging`: one was cut and does not end), and
    stumbles where they let go of a connection meanwhile: with any, it is left out.
    """
    if is_hanging or threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
