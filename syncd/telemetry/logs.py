"""The logging set-up: one handler for syncd's own events and for every library's records.

How a line is made stands in `syncd.telemetry.events`, and is asked when there is one to write.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Literal, TextIO

from syncd.telemetry.redaction import Redaction

LogFormat = Literal["auto", "console", "json"]

OWN = "syncd"
# Libraries that may have set up loggers of their own before us. At debug level httpcore logs
# request headers, and botocore the strings that it signs.
_LIBRARIES = (
    "alembic",
    "asyncio",
    "boto3",
    "botocore",
    "httpcore",
    "httpx",
    "py.warnings",
    "sqlalchemy",
    "urllib3",
)


def configure(
    log_format: LogFormat,
    level: str,
    secrets: Sequence[str],
    stream: TextIO | None = None,
    *,
    own_events: bool = True,
) -> None:
    """Set up structlog, stdlib logging and `warnings`; may be called again.

    Without `own_events`, structlog is left out: for commands that only look, whose modules log
    nothing by it, and which would wait for it longer than for what they read.

    `level` (debug, info, warning, error) is syncd's own; everybody else's records start at
    warning, whatever the level. `auto` means console on a terminal and JSON lines otherwise.
    `secrets` are replaced by `***` wherever they occur. `stream` defaults to stderr.
    """
    target = sys.stderr if stream is None else stream
    handler = _Handler(target)
    handler.addFilter(_from_warning_up_for_others)
    handler.setFormatter(_AtTheFirstRecord(log_format, target, secrets))
    if own_events:
        from syncd.telemetry import events

        events.configure()
    _direct_to(handler, level)


def log_fault() -> None:
    """The exception that is being handled, with its traceback."""
    if not any(isinstance(one, _Handler) for one in logging.getLogger().handlers):
        configure("auto", "error", ())  # nothing was read yet, so there is no secret to mask
    logging.getLogger(OWN).error("fault", exc_info=True)


def _direct_to(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    formers = [former for former in root.handlers if isinstance(former, _Handler)]
    root.addHandler(handler)  # first: no record may find no handler, and come out as it is
    for former in formers:
        root.removeHandler(former)
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(level.upper())
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(logging.NOTSET)
    logging.captureWarnings(True)


def is_own(name: str) -> bool:
    return name == OWN or name.startswith(f"{OWN}.")


def _from_warning_up_for_others(record: logging.LogRecord) -> bool:
    """Holds even when a library changes its logger's level later."""
    return is_own(record.name) or record.levelno >= logging.WARNING


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - stdlib's name
        """stdlib prints the raw message with its arguments here, secrets included."""
        note = f"syncd: a log record of {record.name} could not be written\n"
        try:
            self.stream.write(note)
        except (OSError, ValueError):
            return  # the stream itself is gone; there is nobody left to tell


class _AtTheFirstRecord(logging.Formatter):
    """Makes the lines' formatter when there is a line: most commands that look write none."""

    def __init__(self, log_format: LogFormat, target: TextIO, secrets: Sequence[str]) -> None:
        super().__init__()
        on_terminal = target.isatty()
        self._as_json = log_format == "json" or (log_format == "auto" and not on_terminal)
        self._colours = on_terminal and not os.environ.get("NO_COLOR")
        self._redaction = Redaction(secrets)
        self._formatter: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._formatter is None:
            from syncd.telemetry import events

            self._formatter = events.formatter(
                self._redaction, as_json=self._as_json, colours=self._colours
            )
        return self._formatter.format(record)
