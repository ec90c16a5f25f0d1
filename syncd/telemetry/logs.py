"""The logging set-up: one renderer for syncd's own events and for every library's records."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from syncd.core.unseen import escaped_in_json, in_sight, on_one_line
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
) -> None:
    """Set up structlog, stdlib logging and `warnings`; may be called again.

    `level` (debug, info, warning, error) is syncd's own; everybody else's records start at
    warning, whatever the level. `auto` means console on a terminal and JSON lines otherwise.
    `secrets` are replaced by `***` wherever they occur. `stream` defaults to stderr.
    """
    target = sys.stderr if stream is None else stream
    on_terminal = target.isatty()
    as_json = log_format == "json" or (log_format == "auto" and not on_terminal)
    redaction = Redaction(secrets)
    told: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = _Handler(target)
    handler.addFilter(_from_warning_up_for_others)
    handler.setFormatter(
        _Formatter(
            redaction,
            foreign_pre_chain=told,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                _Redact(redaction),
                *_rendered(as_json, on_terminal and not os.environ.get("NO_COLOR")),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *told,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=_own_logger,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # `configure` may be called again, as tests do
    )
    _direct_to(handler, level)


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


def _own_logger(*names: str) -> logging.Logger:
    """syncd's own loggers all live below one name, so that one level rules them."""
    name = names[0] if names else OWN
    return logging.getLogger(name if _is_own(name) else OWN)


def _is_own(name: str) -> bool:
    return name == OWN or name.startswith(f"{OWN}.")


def _from_warning_up_for_others(record: logging.LogRecord) -> bool:
    """Holds even when a library changes its logger's level later."""
    return _is_own(record.name) or record.levelno >= logging.WARNING


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - stdlib's name
        """stdlib prints the raw message with its arguments here, secrets included."""
        note = f"syncd: a log record of {record.name} could not be written\n"
        try:
            self.stream.write(note)
        except (OSError, ValueError):
            return  # the stream itself is gone; there is nobody left to tell


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line too: a renderer may have put a value together from parts."""

    def __init__(
        self,
        redaction: Redaction,
        *,
        processors: Sequence[Processor],
        foreign_pre_chain: Sequence[Processor],
    ) -> None:
        super().__init__(processors=processors, foreign_pre_chain=foreign_pre_chain)
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.text(super().format(record))


class _Redact:
    """The last processor before the renderer. JSON lines begin with time, level and event."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def __call__(self, _logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        first = [key for key in ("timestamp", "level", "event") if key in event]
        rest = [key for key in event if key not in first]
        return {
            self._redaction.text(key): self._redaction.value(event[key]) for key in first + rest
        }


def _rendered(as_json: bool, colours: bool) -> tuple[Processor, ...]:
    if as_json:
        return (structlog.processors.JSONRenderer(serializer=_json_line),)
    # Plain tracebacks: the pretty ones show local variables.
    plain = structlog.dev.plain_traceback
    return _in_sight, structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)


def _json_line(event: EventDict, **options: Any) -> str:
    return escaped_in_json(json.dumps(event, ensure_ascii=False, **options))


def _in_sight(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """For the console, in which a line is a record: no value ends one, or commands the terminal."""
    return {on_one_line(key): _on_its_lines(key, value) for key, value in event.items()}


def _on_its_lines(key: str, value: object) -> object:
    if not isinstance(value, str):
        return on_one_line(str(value)) if isinstance(value, dict | list) else value
    if key in {"exception", "stack"}:  # these have several, and none that looks like a record's
        return "\n".join(f"  {in_sight(line)}" for line in value.split("\n"))
    return on_one_line(value)
