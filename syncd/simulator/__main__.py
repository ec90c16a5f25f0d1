"""`python -m syncd.simulator --port 0 --ready-file F [--state DIR]`: serve until SIGTERM.

Prints (and writes to the ready file) one JSON document: the base URL, the keys, the seeded
objects; the same shape as the launcher of the real portal software in `tests/udata`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from pathlib import Path

from syncd.simulator.server import Simulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m syncd.simulator")
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--ready-file", type=Path, help="where to write the JSON once ready")
    parser.add_argument("--state", type=Path, help="folder that keeps the portal's state")
    chosen = parser.parse_args()
    stops = {signal.SIGTERM, signal.SIGINT}
    # Blocked here, so that every thread inherits it and `sigwait` alone receives them.
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    with Simulator(chosen.state, port=chosen.port, seed=True) as simulator:
        text = json.dumps(simulator.facts(), indent=1)
        if chosen.ready_file:
            part = chosen.ready_file.with_name(chosen.ready_file.name + ".part")
            part.write_text(text, encoding="utf-8")
            part.rename(chosen.ready_file)  # whoever waits for it never sees half of it
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        signal.sigwait(stops)


if __name__ == "__main__":
    main()
