"""The command: chooses the reader's language, then hands over to the command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of `syncd`. Ends the process with the exit codes of the README."""
    if sys.argv[1:2] == ["run"] and "--once" not in sys.argv:
        # Before anything that takes time: a signal during the start is kept, and kills nothing.
        from syncd.daemon import signals

        signals.bell.install()
    from syncd import wording
    from syncd.wording.terminal import show_the_nearest

    show_the_nearest(sys.stdout, sys.stderr)
    wording.speak(os.environ.get("SYNCD_LANG", "").strip().lower() or None)
    from syncd.cli import commands  # after `speak`: help texts are made when it is read

    sys.exit(commands.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
