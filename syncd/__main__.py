"""The command: chooses the reader's language, then hands over to the command line."""

from __future__ import annotations

import os
import re
import sys

_LONGEST = 64 * 1024  # letters of `.env` that are looked at


def main() -> None:
    """Entry point of `syncd`. Ends with the exit codes of docs/reference/commands.md."""
    if sys.argv[1:2] == ["run"] and "--once" not in sys.argv:
        # Before anything that takes time: a signal during the start is kept, and kills nothing.
        from syncd.service import signals

        signals.received.install()
    # Else pydantic reads what each installed package says of itself: it may be a plugin.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from syncd import text
    from syncd.cli import stdout
    from syncd.config.garbage import no_collection
    from syncd.text.terminal import show_the_nearest

    stdout.watch()
    show_the_nearest(sys.stdout, sys.stderr)
    text.speak(_language())
    with no_collection():
        from syncd.cli import commands  # after `speak`: help texts are made when it is read

    sys.exit(commands.run(sys.argv[1:]))


def _language() -> str | None:
    """`SYNCD_LANG` of the environment or of `.env`: help texts are made before settings are read.

    What is wrong with either is for the settings to say.
    """
    given = os.environ.get("SYNCD_LANG", "").strip()
    if not given:
        try:
            if not os.path.isfile(".env"):  # noqa: PTH113 - pathlib takes time; a pipe takes more
                return None
            with open(".env", encoding="utf-8", errors="replace") as beside:  # noqa: PTH123 - as above
                written = beside.read(_LONGEST)
        except OSError:
            return None
        found = re.findall(r"""(?im)^\s*(?:export\s+)?SYNCD_LANG\s*=\s*["']?([a-z]+)""", written)
        given = found[-1] if found else ""
    return given.lower() or None


if __name__ == "__main__":
    main()
