"""A process that works beside the service and never leads.


Made by `service.crew`, as `python -m syncd.service.worker_process`; it ends with its maker.
"""

from __future__ import annotations

import os
import sys

from syncd.service import signals

_LOOK_EVERY = 1.0  # seconds, whether the service is there


def main() -> int:
    signals.received.install()
    parent = os.getppid()
    from syncd import bootstrap, telemetry, text
    from syncd.config.settings import load_settings, secret_values

    settings = load_settings()
    text.speak(settings.lang)
    telemetry.configure(settings.log_format or "auto", settings.log_level, secret_values(settings))
    from syncd.service.crew import has_lost
    from syncd.service.ending import end
    from syncd.service.hands import Hands
    from syncd.service.replica import Replica

    with bootstrap.shared_ledger(settings) as ledger:
        if ledger is None or ledger.locks is None:
            raise ValueError("no server")  # who made this process looked
        replica = Replica(ledger, ledger.locks, signals.received, beside=parent)
        with replica.present():
            hands = Hands(settings, ledger, ledger.locks)
            try:
                command = ""
                while command != signals.STOP and not has_lost(parent):
                    command = signals.received.next(_LOOK_EVERY)
                    if command == signals.RELOAD:
                        hands.reload()
            finally:
                ended = hands.stop()
    return end(0, is_hanging=not ended)


if __name__ == "__main__":
    sys.exit(main())
