"""A sentence that names a command or a setting gives all of it: it is copied and run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from syncd import text
from syncd.cli.commands import syncd
from syncd.core.reasons import Reason, because
from syncd.core.records import Outcome
from syncd.core.results import Result
from syncd.text.screens import SCREENS
from syncd.text.sentences import SENTENCES, TO_RELEASE
from tests.unit.text.test_sentences import forms

ROOT = Path(__file__).parents[3]
COMMAND = re.compile(r"`(syncd(?: [^`]*)?)`")
SETTING = re.compile(r"(?<!\w)(?:SYNCD_|…_|__…)[\w…<>{}]*")
ELLIPSIS = re.compile(r"…|\.\.\.")
# What a command is called, said of what it does: nothing to copy.
NAMED = {"undo", "purge", "diff", "backup", "restore"}
RUNNING = "syncd {command}"  # what somebody has started already


@pytest.fixture(params=["en", "fr"])
def spoken(request: pytest.FixtureRequest) -> str:
    text.speak(request.param)
    return str(request.param)


def every_text() -> list[str]:
    """All that operators read, in the reader's language, with its fields as they are."""
    written = (*SENTENCES.values(), *TO_RELEASE.values(), *SCREENS.values())
    return [text._translation.gettext(form) for one in written for form in forms(one)]


def test_no_command_or_setting_has_an_ellipsis(spoken: str) -> None:
    said = every_text()
    commands = [found for one in said for found in COMMAND.findall(one)]
    settings = [found for one in said for found in SETTING.findall(one)]
    assert len(commands) > 80
    assert len(settings) > 20
    family = "SYNCD_…"  # "by its environment (SYNCD_…)": any of them
    assert [one for one in (*commands, *settings) if ELLIPSIS.search(one) and one != family] == []


def test_no_command_of_a_guide_has_an_ellipsis() -> None:
    guides = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/reference/*.md")]
    found = [
        (guide.name, command)
        for guide in (*guides, ROOT / "deploy" / "README.md")
        if guide.name not in {"CHANGELOG.md", "architecture.md"}
        for command in COMMAND.findall(guide.read_text(encoding="utf-8"))
        if "…" in command and command != "syncd …"  # "is read as `docker compose …`"
    ]
    assert found == []


def test_every_command_of_a_sentence_is_one_that_syncd_takes(spoken: str) -> None:
    """With its options, and with all that it must have."""
    wrong = []
    for one in every_text():
        for command in set(COMMAND.findall(one)) - {RUNNING}:
            words = shlex.split(re.sub(r"\{[^}]*\}", "word", command).replace("--to N", "--to 1"))[
                1:
            ]
            try:
                _parse(words)
            except click.ClickException as error:
                if words not in [[name] for name in NAMED]:
                    wrong.append((command, error.format_message()))
    assert wrong == []


def _parse(words: list[str]) -> None:
    if not words:
        return
    command = syncd.get_command(click.Context(syncd), words[0])
    if command is None:
        raise click.UsageError(words[0])
    with click.Context(command) as context:
        if words[1:] == ["--head"] or words[1:] == ["--from"]:
            return  # the option alone, by its name
        command.parse_args(context, words[1:])


@pytest.mark.parametrize(
    ("resource", "key", "typed"),
    [
        ("8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11", "a.csv", "8f1c3a52-6c0e-4c49-9a57-2a5d7d3c1b11"),
        (None, "plain/musees.csv", "plain/musees.csv"),
        (None, "musées de France/été 2026.csv", "'musées de France/été 2026.csv'"),
        (None, "l'été.csv", "'l'\"'\"'été.csv'"),
    ],
)
def test_what_is_said_of_a_held_file_has_the_whole_command(
    resource: str | None, key: str, typed: str
) -> None:
    reason = because("guard_nir", count=1, columns="“nir”")
    held = Result("d", "Musées", "", resource, "Liste", key, Outcome.HELD, reason)

    said = text.sentence(held.told)

    assert f"`syncd release {typed} --by NAME`" in said
    (command,) = COMMAND.findall(said)
    assert shlex.split(command)[2] == (resource or key)


def test_a_reason_that_an_older_syncd_stored_without_names_is_still_a_sentence() -> None:
    assert "`syncd release TARGET --by NAME`" in text.sentence(
        Reason("guard_nir", {"count": 1, "columns": "a"})
    )
    said = text.sentence(Reason("s3_unknown_key", {"endpoint": "https://s3", "bucket": "b"}))
    assert said.endswith("Check SYNCD_SOURCES__<NAME>__ACCESS_KEY_ID.")


def test_a_fact_of_the_reason_itself_is_not_overwritten() -> None:
    given = because("lock_held", dataset="musees")
    assert given.about(target="t", dataset="d").facts["dataset"] == "musees"
