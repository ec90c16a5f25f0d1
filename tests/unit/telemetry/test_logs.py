"""The logging set-up: one form for all records, and no secret in any of them."""

from __future__ import annotations

import base64
import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import structlog

from syncd.telemetry import configure, log_fault
from syncd.telemetry.redaction import Redaction

KEY = "eyJhbGciOi.portal-key-123456"
PASSWORD = 'pä/ss+w@rd"\\%41 x'
TRICKY = ["eyJhbGciOi.portal-key-123456", PASSWORD]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("syncd").setLevel(logging.NOTSET)
    logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def log() -> Any:
    return structlog.get_logger("syncd.cycle")


# -- form ------------------------------------------------------------------------------------------


def test_a_json_line_holds_event_level_time_and_fields(stream: io.StringIO) -> None:
    configure("json", "info", [], stream)
    log().info("cycle.done", dataset="musées", count=3)
    [line] = lines(stream)
    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert (line["event"], line["level"], line["logger"]) == (
        "cycle.done",
        "info",
        "syncd.cycle",
    )
    assert (line["dataset"], line["count"]) == ("musées", 3)
    assert "musées" in stream.getvalue()
    moment = datetime.fromisoformat(line["timestamp"])
    assert moment.utcoffset() is not None
    assert line["timestamp"].endswith("Z")


def test_the_bound_context_is_on_every_line(stream: io.StringIO) -> None:
    configure("json", "info", [], stream)
    with structlog.contextvars.bound_contextvars(cycle="c1"):
        log().info("one")
        logging.getLogger("alembic.runtime").warning("two")
    assert [line["cycle"] for line in lines(stream)] == ["c1", "c1"]


def test_the_level_rules_syncd_s_own_events(stream: io.StringIO) -> None:
    configure("json", "warning", [], stream)
    log().info("quiet")
    log().warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_a_logger_without_a_name_is_syncd_s_own(stream: io.StringIO) -> None:
    configure("json", "debug", [], stream)
    structlog.get_logger().debug("seen")
    assert [line["event"] for line in lines(stream)] == ["seen"]


def test_an_exception_is_rendered_on_one_json_line(stream: io.StringIO) -> None:
    configure("json", "info", [], stream)
    try:
        raise ValueError("it broke")
    except ValueError:
        log().exception("cycle.failed")
    [line] = lines(stream)
    assert "Traceback" in line["exception"]
    assert "ValueError: it broke" in line["exception"]


def test_values_of_any_kind_are_rendered(stream: io.StringIO) -> None:
    configure("json", "info", [], stream)
    log().info("odd", path=Path("/a"), when=datetime(2025, 3, 1), many={1}, error=OSError("x"))  # noqa: DTZ001 - any date will do
    [line] = lines(stream)
    assert line["path"] == "/a"
    assert line["when"] == "2025-03-01T00:00:00"
    assert line["many"] == [1]
    assert line["error"] == "x"


def test_the_console_has_colours_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal, pipe = Terminal(), io.StringIO()
    for target in (terminal, pipe):
        configure("console", "info", [], target)
        log().info("cycle.done", dataset="d1")
        assert "cycle.done" in target.getvalue()
        assert "d1" in target.getvalue()
    assert "\x1b[" in terminal.getvalue()
    assert "\x1b[" not in pipe.getvalue()


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    configure("console", "info", [], terminal)
    log().info("cycle.done")
    assert "\x1b[" not in terminal.getvalue()


def test_auto_is_console_on_a_terminal_and_json_elsewhere(stream: io.StringIO) -> None:
    terminal = Terminal()
    for target in (terminal, stream):
        configure("auto", "info", [], target)
        log().info("cycle.done")
    assert not terminal.getvalue().startswith("{")
    assert lines(stream)[0]["event"] == "cycle.done"


def test_configuring_twice_writes_each_line_once(stream: io.StringIO) -> None:
    configure("json", "info", [], io.StringIO())
    configure("json", "info", [], stream)
    log().info("once")
    assert len(lines(stream)) == 1


# -- other people's loggers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["botocore", "boto3", "urllib3", "httpx", "httpcore", "sqlalchemy", "alembic", "whatever"],
)
def test_libraries_speak_from_warning_up_at_every_level(stream: io.StringIO, name: str) -> None:
    configure("json", "debug", [], stream)
    library = logging.getLogger(f"{name}.part")
    library.debug("headers: Authorization")
    library.info("chatter")
    library.warning("careful: %s", "x")
    assert [(line["event"], line["level"]) for line in lines(stream)] == [("careful: x", "warning")]


def test_a_library_that_turns_itself_up_is_still_quiet(stream: io.StringIO) -> None:
    configure("json", "debug", [], stream)
    noisy = logging.getLogger("httpcore.http11")
    noisy.setLevel(logging.DEBUG)
    try:
        noisy.debug("send_request_headers.started")
    finally:
        noisy.setLevel(logging.NOTSET)
    assert stream.getvalue() == ""


def test_warnings_become_log_lines(stream: io.StringIO) -> None:
    configure("json", "info", [], stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old ways", UserWarning, stacklevel=1)
        logging.captureWarnings(False)
    [line] = lines(stream)
    assert line["level"] == "warning"
    assert "old ways" in line["event"]


def test_a_record_that_cannot_be_formatted_does_not_spill_its_arguments(
    stream: io.StringIO,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own would raise
    configure("json", "info", [KEY], stream)
    template = "two places %s %s"
    logging.getLogger("library").warning(template, KEY)
    output = stream.getvalue() + "".join(capsys.readouterr())
    assert "library" in output
    assert KEY not in output


# -- secrets ---------------------------------------------------------------------------------------


def spellings(secret: str) -> list[str]:
    return [
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quote(secret, safe="").lower() if "%" in quote(secret, safe="") else secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    ]


def leaks(text: str, secret: str) -> list[str]:
    """The spellings of the secret that a text shows."""
    return [spelt for spelt in spellings(secret) if spelt in text]


class Chatty:
    """A value that shows its secret when printed."""

    def __repr__(self) -> str:
        return f"<Chatty key={KEY}>"


def speak() -> None:
    """Say every secret in every way that syncd or a library might."""
    for secret in (KEY, PASSWORD):
        log().debug(f"in the event {secret}")
        log().debug("value", key=secret, nested={"a": [{"b": (secret, {secret})}]}, raw=b"x")
        log().debug("as a name", **{secret: 1})
        log().debug("bytes", raw=secret.encode())
        log().debug("url", url=f"http://user:{quote(secret, safe='')}@proxy:3128/")
        log().debug("plus", url=f"http://proxy/?p={quote_plus(secret)}")
        log().debug("json", body=json.dumps({"p": secret}), again=json.dumps(json.dumps(secret)))
        log().debug("repr", shown=repr([secret]))
        for user in ("u", "us", "use", "user"):
            basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
            log().debug("basic", header=f"Basic {basic}")
        log().debug("positional %s", secret)
        logging.getLogger("botocore.auth").warning("signed with %s", secret)
        logging.getLogger("httpcore").debug("headers %s", secret)
        try:
            try:
                raise KeyError(secret)
            except KeyError as error:
                raise ValueError(f"bad {secret}") from error
        except ValueError as error:
            log().exception("failed", error=error)
            log().debug("failed", exc_info=error)
            logging.getLogger("sqlalchemy").error("failed", exc_info=True)
    structlog.contextvars.bind_contextvars(portal_key=KEY)
    log().debug("context")
    log().debug("object", thing=Chatty(), things=[Chatty()])
    log().debug("stack", stack_info=True)


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_no_secret_is_ever_written(log_format: Any, kind: type[io.StringIO]) -> None:
    target = kind()
    configure(log_format, "debug", TRICKY, target)
    speak()
    output = target.getvalue()
    assert output.count("***") > 40
    for secret in TRICKY:
        assert leaks(output, secret) == []


def test_the_same_talk_without_redaction_does_leak(stream: io.StringIO) -> None:
    """Holds the test above to its word."""
    configure("json", "debug", [], stream)
    speak()
    assert leaks(stream.getvalue(), KEY)


def test_a_redacted_json_line_is_still_json(stream: io.StringIO) -> None:
    configure("json", "debug", TRICKY, stream)
    speak()
    assert len(lines(stream)) > 20


@pytest.mark.parametrize("user", ["", "u", "us", "usr", "user"])
def test_basic_credentials_show_at_most_the_ends_of_a_password(user: str) -> None:
    password = "correct-horse-battery"
    header = base64.b64encode(f"{user}:{password}".encode()).decode()
    shown = Redaction([password]).text(header)
    assert "***" in shown
    assert len(shown) <= len(header) - len(password) + len("***")


def test_the_longer_of_two_secrets_that_begin_alike_goes_first() -> None:
    assert Redaction(["abcd", "abcdefgh"]).text("x abcdefgh y abcd z") == "x *** y *** z"


def test_empty_and_tiny_secrets_do_not_blank_the_log() -> None:
    assert Redaction(["", "ab"]).text("about") == "about"


def test_numbers_and_none_stay_what_they_are() -> None:
    value = {"a": 1, "b": None, "c": True, "d": 1.5}
    assert Redaction(["secret"]).value(value) == value


def test_a_command_that_only_looks_logs_its_fault_and_others_warnings_without_secrets(
    stream: io.StringIO,
) -> None:
    configure("json", "error", TRICKY, stream, own_events=False)

    logging.getLogger("urllib3").warning("asked with %s", KEY)
    try:
        raise ValueError(KEY)
    except ValueError:
        log_fault()

    warned, fault = lines(stream)
    assert (warned["level"], warned["event"]) == ("warning", "asked with ***")
    assert (fault["level"], fault["event"], fault["logger"]) == ("error", "fault", "syncd")
    assert "ValueError: ***" in fault["exception"]
    assert not structlog.is_configured()
