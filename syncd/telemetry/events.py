"""How a line of the log is made, of syncd's own events and of every library's records."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from syncd.core.unseen import escaped_in_json, in_sight, on_one_line
from syncd.telemetry.logs import OWN, is_own
from syncd.telemetry.redaction import Redaction

_TOLD: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure() -> None:
    """Hands structlog's events to stdlib logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_TOLD,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=_own_logger,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # `configure` may be called again, as tests do
    )


def formatter(redaction: Redaction, *, as_json: bool, colours: bool) -> logging.Formatter:
    return _Formatter(
        redaction,
        foreign_pre_chain=_TOLD,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _Redact(redaction),
            *_rendered(as_json, colours),
        ],
    )


def _own_logger(*names: str) -> logging.Logger:
    """syncd's own loggers all live below one name, so that one level rules them."""
    name = names[0] if names else OWN
    return logging.getLogger(name if is_own(name) else OWN)


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
