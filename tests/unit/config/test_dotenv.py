"""What stands in a `.env` file is read as shells and dotenv do; what cannot be read is said."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config.dotenv import lines
from syncd.config.settings import load_settings
from syncd.core.errors import SettingsError

# Of what a secret may be made: all that means something somewhere, and more.
AWKWARD = st.text(st.sampled_from("abc019 $#{}:-=\\'\"`!;&|~*éü€\n\r\t"), max_size=30)
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
VALUES = AWKWARD | ANY
PREFIXES = st.sampled_from(["", "export ", "  ", "\texport\t"])
ENDS = st.sampled_from(["", " ", " # why", "\t#'\"", "\r"])


def read(content: str, **environ: str) -> dict[str, str]:
    return {line.name: line.value for line in lines(content, environ)}


@given(PREFIXES, VALUES.filter(lambda value: "'" not in value), ENDS)
def test_in_single_quotes_every_value_is_literal(before: str, value: str, end: str) -> None:
    content = f"{before}A='{value}'{end}\nB=2\n"
    assert read(content, a="wrong", HOME="/x") == {"A": value, "B": "2"}


@given(PREFIXES, VALUES, ENDS)
def test_in_double_quotes_every_value_can_be_written(before: str, value: str, end: str) -> None:
    quoted = re.sub(r'([\\"$])', r"\\\1", value)
    assert read(f'{before}A="{quoted}"{end}\nB=2\n') == {"A": value, "B": "2"}


@given(st.from_regex(r"[A-Za-z0-9_\\${}:;,.~+/=@!%^&*()\[\]|?<>'\"#-]*", fullmatch=True))
def test_a_value_without_spaces_needs_no_quotes(value: str) -> None:
    if value[:1] in {"'", '"'} or "${" in value:
        return
    assert read(f"A={value}\nB=2\n") == {"A": value, "B": "2"}


@pytest.mark.parametrize(
    "value", [r"a\b", r"a\\b", r"\n", "a${HOME}b", "$HOME", "#x # y", 'a"b', "x\\", "a\nb"]
)
def test_a_shell_reads_the_same(tmp_path: Path, value: str) -> None:
    content = f"export A='{value}'  # why\n"
    (tmp_path / "env").write_text(content)
    shell = ["sh", "-c", '. ./env; printf %s "$A"']
    said = subprocess.run(shell, cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    assert read(content, HOME="/root") == {"A": value} == {"A": said}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("A=a#b", "a#b"),
        ("A=#b", "#b"),
        ("A=a b # why", "a b"),
        ("A= # why", ""),
        ("A=", ""),
        ("A", ""),
        ("A=$X", "$X"),
        ("A=${X}/${Y:-y}/${Z}", "x/y/"),
        ("A=${X:-z}", "x"),
        ('A="${X}"', "x"),
        (r'A="\${X}"', "${X}"),
        (r'A="a\tb\nc\\d\"e\q"', 'a\tb\nc\\d"e\\q'),
        ("B=b\nA=${B}", "b"),
        ("A=a\r\nB=b\r\n", "a"),
        ("# A=1\n\n  A=2", "2"),
        ("A=1\nA=2", "2"),
        ("A='# x'  # why", "# x"),
        ("'A'=1", "1"),
    ],
)
def test_a_line_is_read_as_dotenv_does(written: str, value: str) -> None:
    assert read(written, X="x")["A"] == value


def test_a_line_of_ours_that_cannot_be_read_is_a_problem_with_its_number(tmp_path: Path) -> None:
    content = "# ours\nnot ours' at 'all\n\nSYNCD_LANG=fr\nexport SYNCD_API_KEY='it's'\n"
    (tmp_path / ".env").write_text(content)
    with pytest.raises(SettingsError) as caught:
        load_settings({}, folder=tmp_path)
    (problem,) = caught.value.problems
    assert (problem.reason.code, problem.line) == ("setting_line", 5)
    assert "it's" not in repr(problem)


def test_a_secret_in_single_quotes_is_the_secret(tmp_path: Path) -> None:
    secret = r"a\\b${HOME}#'".replace("'", "c")
    (tmp_path / ".env").write_text(f"SYNCD_API_KEY='{secret}'\n")
    key = load_settings({"HOME": "/root"}, folder=tmp_path).api_key
    assert key is not None
    assert key.get_secret_value() == secret


@pytest.mark.parametrize("opening", ["A='", 'A="\\', "A=${", "${A:-", "'", "\\", "${A:-$"])
def test_a_file_of_openings_only_is_read_in_linear_time(opening: str) -> None:
    """Where it is quadratic, this takes a minute or more."""
    begun = time.process_time()
    for before in ("", "A=", 'A="'):
        list(lines(before + opening * 50_000 + '"', {}))
    assert time.process_time() - begun < 10


# -- what never ends -----------------------------------------------------------------------------


def in_time(action: object) -> None:
    """Whatever waits for a pipe would wait for ever: ended by a writer, and found out."""
    assert callable(action)
    done = threading.Event()

    def run() -> None:
        action()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    assert done.wait(30)


@pytest.mark.parametrize("name", ["SYNCD_API_KEY", ".env", "ca.pem"])
def test_a_pipe_is_waited_for_nowhere(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    environ = {"SYNCD_SECRETS_DIR": str(tmp_path)}
    if name == "ca.pem":
        environ["SYNCD_CA_BUNDLE"] = str(tmp_path / name)

    def load() -> None:
        if name == "ca.pem":
            with pytest.raises(SettingsError):
                load_settings(environ, folder=tmp_path)
        else:
            assert load_settings(environ, folder=tmp_path).api_key is None

    in_time(load)


def test_a_pipe_in_the_place_of_the_settings_file_does_not_hold_up_the_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncd import __main__

    os.mkfifo(tmp_path / ".env")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SYNCD_LANG", raising=False)
    in_time(__main__._language)
