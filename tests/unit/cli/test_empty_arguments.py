"""What is given and empty is a mistake of a script: nothing is done, no empty quotes are shown."""

from __future__ import annotations

import re

import click
import pytest

from syncd import text
from syncd.cli.commands import run, syncd
from tools.french_catalogue import in_english

MAY_BE_EMPTY = {"by", "note"}


def given() -> list[tuple[str, click.Parameter]]:
    return [
        (name, param)
        for name, command in sorted(syncd.commands.items())
        for param in command.params
        if not getattr(param, "is_flag", False) and param.name not in MAY_BE_EMPTY
    ]


def typed(command: str, param: click.Parameter, value: str) -> list[str]:
    """The command with everything that it needs, and this value in the place of the parameter."""
    needed = [
        value if one is param else "x"
        for one in syncd.commands[command].params
        if isinstance(one, click.Argument) and (one.required or one is param)
    ]
    option = [param.opts[0], value] if isinstance(param, click.Option) else []
    return [command, *option, *needed]


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize(("command", "param"), given(), ids=lambda one: getattr(one, "name", one))
def test_an_empty_argument_is_a_mistake_that_is_said(
    command: str, param: click.Parameter, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text.speak("fr")
    try:
        assert run(typed(command, param, value)) == 2
    finally:
        text.speak("en")
    out, said = capsys.readouterr()
    name = param.opts[0] if isinstance(param, click.Option) else param.make_metavar(context())
    assert out == ""
    assert name.strip("[].") in said
    assert "rien n’y est écrit" in said
    assert in_english(said) == []
    assert not re.search(r"«\s*»|''|“\s*”", said)


def context() -> click.Context:
    return click.Context(syncd)


def test_there_are_such_parameters() -> None:
    names = {(command, param.name) for command, param in given()}
    assert {("forget", "name"), ("history", "manifest"), ("verify", "head")} <= names


def test_an_empty_command_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([""]) == 2
    assert "Missing command." in capsys.readouterr().err


def test_an_empty_note_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["purge", "x", "--note", "", "--by", "", "--wait", "never"]) == 2
    said = capsys.readouterr().err
    assert "--wait" in said
    assert "nothing is written" not in said
