"""What was not foreseen by a command ends here, in a sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from syncd.core.errors import ConfigError, SyncdError, UsageError
from syncd.core.reasons import because
from syncd.core.results import CONFIG, FAILED
from syncd.core.shortages import shortage_in
from syncd.text import lesson, sentence, text
from syncd.text.terminal import in_sight

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def ended_well(command: Callable[[], Any]) -> int:
    """The command's exit code, or the one that its trouble asks for."""
    try:
        return int(command() or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
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
        return CONFIG
    except SyncdError as error:
        say(sentence(error.reason))
        return FAILED
    except BrokenPipeError:  # `syncd plan | head`: the reader has seen enough
        sys.stdout = open_null()
        return FAILED
    except Exception as error:
        _log_fault()
        shortage = shortage_in(error)
        fault = shortage.reason if shortage else because("fault", detail=type(error).__name__)
        say(sentence(fault))
        return FAILED


def _log_fault() -> None:
    """The traceback, for the makers: through the log set-up, which masks secrets."""
    import structlog

    from syncd import telemetry

    if not structlog.is_configured():  # nothing was read yet, so there is no secret to mask
        telemetry.configure("auto", "error", ())
    structlog.get_logger("syncd").exception("fault")


def say(line: str) -> None:
    """To the operator, beside the result: stderr, so that stdout stays one document."""
    click.echo(in_sight(line), err=True)


def open_null() -> Any:
    """Somewhere for the interpreter to flush to at exit, when stdout is gone."""
    return open("/dev/null", "w")  # noqa: PTH123 - stays open until the process ends
