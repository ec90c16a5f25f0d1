"""syncd(1), from the commands' own help and the settings' own descriptions. Made by `make deb`.

What is said here alone is English, with its French in `tools/reference_fr.po`, like the tables of
the reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import click

from syncd import __version__
from syncd.config.settings import Settings, SourceCredentials
from syncd.config.settings.model import PREFIX
from syncd.text import text

Say = Callable[[str, str], str]  # a sentence's form in the page's language, and where it stands

_ENDS = {
    "0": "All is well.",
    "1": "syncd could not do its work (network, key, lock); it tries again by itself.",
    "2": "The manifest, a setting or the command is wrong; nothing was done.",
    "3": "A person must look: `syncd status` says at what.",
}
_FILES = {
    "/etc/syncd/manifest.yaml": "Which object feeds which resource.",
    "/etc/syncd/syncd.env": "The settings of the service, and of the commands of root.",
    "/etc/syncd/secrets/": "One file for each secret, named like its setting; root:syncd, 0640.",
    "/var/lib/syncd/": "What syncd remembers, and former files. `syncd backup` copies it.",
    "/usr/share/doc/syncd/examples/": "A manifest with everything explained.",
}


def made(group: click.Group, say: Say, date: datetime) -> str:
    """In the language that is spoken when it is called, and `group` was read."""
    return "\n".join(_lines(group, say, date)) + "\n"


def _lines(group: click.Group, say: Say, date: datetime) -> Iterator[str]:
    place = "syncd(1)"
    yield f'.TH SYNCD 1 "{date.astimezone(UTC):%Y-%m-%d}" "syncd {__version__}"'
    yield ".nh\n.ad l"
    yield f".SH {say('NAME', place)}"
    what = say("keeps the resources of a portal equal to files in buckets", place)
    yield rf"syncd \- {roff(what)}"
    yield f".SH {say('SYNOPSIS', place)}"
    yield rf"\fBsyncd\fR {roff(group.subcommand_metavar or '')}"
    yield f".SH {say('DESCRIPTION', place)}"
    yield roff(group.help or "")
    yield ".PP"
    yield roff(text("help.target"))
    yield f".SH {say('COMMANDS', place)}"
    for name, command in sorted(group.commands.items()):
        yield from _command(name, command)
    yield f".SH {say('EXIT STATUS', place)}"
    yield from _pairs([(code, say(words, place)) for code, words in _ENDS.items()])
    yield f".SH {say('ENVIRONMENT', place)}"
    for name, field in Settings.model_fields.items():
        if name != "sources":
            variable = f"{PREFIX}{name.upper()}"
            yield from _pairs([(variable, say(field.description or "", variable))])
    for part, field in SourceCredentials.model_fields.items():
        variable = f"{PREFIX}SOURCES__<{text('metavar.name')}>__{part.upper()}"
        yield from _pairs([(variable, say(field.description or "", variable))])
    yield f".SH {say('FILES', place)}"
    yield from _pairs([(path, say(words, place)) for path, words in _FILES.items()])


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command)
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one for one in command.params if isinstance(one, click.Option)]
    usage = " ".join(["syncd", name, *(one.make_metavar(context) for one in arguments)])
    yield f'.SS "{roff(usage)}"'
    yield roff(command.help or "")
    yield from _pairs(
        [(f"{', '.join(one.opts)} {one.metavar or ''}".strip(), one.help or "") for one in options]
    )


def _pairs(found: Sequence[tuple[str, str]]) -> Iterator[str]:
    for term, words in found:
        yield ".TP"
        yield rf"\fB{roff(term)}\fR"
        yield roff(words)


def roff(words: str) -> str:
    """As text that means nothing to roff; what is typed is bold."""
    flat = " ".join(words.replace("\\", r"\e").replace("-", r"\-").split(" "))
    flat = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", flat)
    return re.sub(r"(?m)^(?=[.'])", r"\\&", re.sub(r"\n\n+", "\n.PP\n", flat))
