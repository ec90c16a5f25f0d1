"""What was not foreseen by a command ends here, in a sentence and an exit code."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import click

from syncd.cli.stdout import OutputLost, let_go
from syncd.core.errors import ConfigError, NotSoNow, SeveralMeant, SyncdError, UsageError
from syncd.core.reasons import because
from syncd.core.results import CONFIG, FAILED
from syncd.core.shortages import shortage_in
from syncd.core.unseen import in_sight, on_one_line
from syncd.text import for_asker, layout, lesson, sentence, text, typed_in_a_shell
from syncd.text.terminal import columns_of

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def ended_well(command: Callable[[], Any]) -> int:
    """The command's exit code, or the one that its trouble asks for.

    What it showed has left then, or it is said that it could not.
    """
    code = _ended(command)
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            say(sentence(because("output_lost", detail=error.strerror or "")))
        let_go(sys.stdout)
        code = code or FAILED
    try:
        sys.stderr.flush()
    except OSError:
        let_go(sys.stderr)
    return code


def _ended(command: Callable[[], Any]) -> int:
    try:
        return int(command() or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue().rstrip("\n"))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say(text("interrupted"))
        return INTERRUPTED
    except ConfigError as error:
        for found in error.shown:
            say(lesson(found))
        say(sentence(error.reason))
        return CONFIG
    except UsageError as error:
        say(sentence(error.reason))
        if isinstance(error, NotSoNow) and error.why is not None:
            say(for_asker(error.why))
        if isinstance(error, SeveralMeant):
            _say_choices(error)
        return CONFIG
    except SyncdError as error:
        say(for_asker(error.reason))
        return FAILED
    except BrokenPipeError:  # `syncd plan | head`: the reader has seen enough
        let_go(sys.stdout)
        return FAILED
    except OutputLost as error:
        say(sentence(because("output_lost", detail=error.strerror or "")))
        let_go(sys.stdout)
        return FAILED
    except Exception as error:
        _log_fault()
        shortage = shortage_in(error)
        fault = shortage.reason if shortage else because("fault", detail=type(error).__name__)
        say(sentence(fault))
        return FAILED


def _say_choices(error: SeveralMeant) -> None:
    """The command that was typed, once for each of what it may have meant: one is copied."""
    say(text("choose_one"))
    for what, title in error.choices:
        typed = [_instead(word, error.given, what) for word in sys.argv[1:]]
        command = " ".join(typed_in_a_shell(word) for word in ("syncd", *typed))
        say(f"  {command}" + (f"  # {on_one_line(title)}" if title else ""))


def _instead(word: str, given: str, what: str) -> str:
    option, equals, value = word.partition("=")
    if option.startswith("--") and equals and value == given:
        return f"{option}={what}"
    return what if word == given else word


def _log_fault() -> None:
    """The traceback, for the makers: through the log set-up, which masks secrets."""
    from syncd import telemetry

    telemetry.log_fault()


def say(line: str) -> None:
    """To the operator, beside the result: stderr, so that stdout stays one document.

    Where nobody can be told, what is done goes on.
    """
    with suppress(OSError):
        shown = in_sight(line, kept="\n").split("\n")
        click.echo("\n".join(map(_folded, shown)), err=True)


def _folded(line: str) -> str:
    """What is indented is a line of a file, or the mark under its place: it stays as it is."""
    if line.startswith(" "):
        return line
    return layout.folded(line, columns_of(sys.stderr))
