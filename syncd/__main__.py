"""The command: chooses the reader's language, then hands over to the command line."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Entry point of `syncd`. Ends the process with the exit codes of the README."""
    from syncd import wording

    wording.speak(os.environ.get("SYNCD_LANG", "").strip().lower() or None)
    from syncd.cli import commands  # after `speak`: help texts are made when it is read

    sys.exit(commands.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
