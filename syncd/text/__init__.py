"""Every sentence that an operator reads is made here, in the reader's language, by gettext.

`speak` chooses the language once, at start; `sentence`, `problem` and `text` give the words. What
goes into them are codes and facts (`syncd.core.reasons.Reason`): no other room holds a sentence.
"""

from __future__ import annotations

import gettext
import locale
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote
from string import Formatter
from typing import Any

from syncd.core.errors import Problem
from syncd.core.i18n_markers import Counted
from syncd.core.reasons import WHOSE, Fact, Reason
from syncd.core.regular_expressions import regex
from syncd.core.unseen import in_sight, is_seen, on_one_line
from syncd.text import figures, producers
from syncd.text.examples import form_for
from syncd.text.excerpts import mark, shown
from syncd.text.screens import SCREENS
from syncd.text.sentences import ASK_AGAIN, NEXT_CYCLE, PASSING, SENTENCES, TO_RELEASE
from syncd.text.system_says import SYSTEM_SAYS

LANGUAGES = ("en", "fr")
_DOMAIN = "syncd"
_LOCALES = Path(__file__).parent.parent / "locale"

_QUOTING = ("detail", "why")  # facts in the words of the system
_STORED = ("word", "trigger", "kept")
_BYTES = regex("x'([0-9a-f]*…?)'")
_HASH = regex("[0-9a-f]{64}")
_COUNTED = (
    "datasets",
    "targets",
    "problems",
    "improvements",
)  # "3 datasets", where a sentence counts two things

_translation: gettext.NullTranslations = gettext.NullTranslations()


def speak(language: str | None = None) -> None:
    """Choose the language: the one given, else the locale's, else English."""
    global _translation  # noqa: PLW0603 - the reader's language is the process's, like gettext's own
    chosen = language if language in LANGUAGES else _from_locale(os.environ)
    _translation = gettext.translation(_DOMAIN, _LOCALES, languages=[chosen], fallback=True)
    figures.speak(chosen)
    # click has its words from gettext's own functions: these know a domain, where its catalogues
    # are, and have the language from the environment, where LANGUAGE comes before the locale.
    gettext.bindtextdomain(_DOMAIN, str(_LOCALES))
    gettext.textdomain(_DOMAIN)
    os.environ["LANGUAGE"] = chosen


def language() -> str:
    """The language that is really spoken, as HTML's `lang` has it."""
    return str(_translation.info().get("language", "en")).split("_")[0]


def _from_locale(environ: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            normal = locale.normalize(environ[name]).split("_")[0].lower()
            return normal if normal in LANGUAGES else "en"
    return "en"


def sentence(reason: Reason) -> str:
    """The sentence of a reason, with its figures, and what to do about it."""
    advice = TO_RELEASE.get(reason.code)
    return f"{finding(reason)} {_fill(advice, reason.facts)}" if advice else finding(reason)


def names_its_target(reason: Reason) -> bool:
    """Whether the sentence has a command for one target, which is no other's."""
    said = (SENTENCES.get(reason.code, ""), TO_RELEASE.get(reason.code, ""))
    return any("{target:shell}" in each for each in said)


def finding(reason: Reason) -> str:
    """The sentence where nothing is held by it: in a warning, in the history.

    A ledger may hold reasons of another version of syncd: those are shown as they are.
    """
    return _said(reason, NEXT_CYCLE)


def for_asker(reason: Reason) -> str:
    """The sentence for somebody who typed a command after which no cycle need come."""
    return _said(reason, ASK_AGAIN)


def _said(reason: Reason, later: str) -> str:
    try:
        said = _fill(SENTENCES[reason.code], reason.facts)
        return f"{said} {_fill(later, {})}" if reason.code in PASSING else said
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        own = ((name, value) for name, value in reason.facts.items() if name not in WHOSE)
        facts = ", ".join(f"{name}: {value}" for name, value in own)
        return on_one_line(f"{reason.code} ({facts})" if facts else reason.code)


def for_producers(reason: Reason) -> str:
    """What a dataset's contact is told of it: no command, no setting, nothing for operators."""
    try:
        said = _fill(producers.template(reason.code), reason.facts, _in_their_voice)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        said = ""  # of another version of syncd
    end = producers.HELD if reason.code.startswith("guard_") else "" if said else producers.UNSAID
    return " ".join(filter(None, (said, end and _fill(end, {}))))


def _in_their_voice(said: str) -> str:
    return producers.in_their_voice(said, language())


def text(key: str, **facts: Fact) -> str:
    """A piece of a screen: a heading, a label, a help text.

    A ledger may hold words of another version of syncd: those are shown as they are.
    """
    kind, _, word = key.partition(".")
    if key not in SCREENS and kind in _STORED:
        return on_one_line(word)
    return _fill(SCREENS[key], facts)


def problem(found: Problem) -> str:
    """A problem of the manifest or the settings: place, what is wrong, what to write instead."""
    file = text("environment") if found.file == "environment" else found.file
    place = ":".join(str(part) for part in (file, found.line, found.column) if part)
    said = sentence(found.reason)
    where = f"{place}: " if place else ""
    if found.path and found.path not in said:
        where += f"{found.path}: "
    where = on_one_line(where)
    hint = " " + text("did_you_mean", suggestion=found.suggestion) if found.suggestion else ""
    return f"{where}{said}{hint}"


def lesson(found: Problem) -> str:
    """A problem with its line, a mark under the place, and what to write: several lines."""
    lines = [problem(replace(found, suggestion="") if found.instead or found.add else found)]
    number = str(found.line)
    if found.excerpt is not None:
        lines += [
            f"  {number} | {shown(found.excerpt)}",
            f"  {' ' * len(number)} | {mark(found.excerpt)}",
        ]
    if found.instead:
        lines += [f"  {text('write_instead')}", f"  {number} | {found.instead}"]
    elif found.add:
        lines += [f"  {text('write_add')}", f"  {' ' * len(number)} | {found.add}"]
    else:
        form = form_for(found)
        lines += [f"  {text('write_form')}", *(f"      {one}" for one in form)] if form else []
    return "\n".join(lines)


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        # Facts that are words themselves, to be translated as well.
        if format_spec in {"what", "kind", "format", "field", "word", "frequency"}:
            return text(f"{format_spec}.{value}")
        if format_spec in {"places", "faults"}:
            one_of = format_spec.removesuffix("s")
            return ", ".join(text(f"{one_of}.{one}") for one in str(value).split(", "))
        if format_spec in {"stored", "hash"}:
            return _stored(value, format_spec)
        if format_spec == "shell":  # in a command that is copied
            return typed_in_a_shell(str(value))
        if isinstance(value, str):  # a title, a key, an answer: it ends no line of ours
            value = on_one_line(value)
        if format_spec == "names":
            return re.sub("“([^”]*)”", lambda found: text("quoted", words=found[1]), str(value))
        if format_spec in _COUNTED:
            return text(f"count.{format_spec}", count=value)
        return figures.show(value, format_spec)


def _stored(value: Any, spec: str) -> str:
    """What a cell of the ledger holds: a text in quotes, bytes as SQL writes them, or nothing.

    `spec` "hash": where a hash belongs, which needs no quotes.
    """
    if value is None:
        return text("stored.nothing")
    if not isinstance(value, str) or (spec == "hash" and _HASH.fullmatch(value)):
        return str(value)
    if found := _BYTES.fullmatch(value):
        return text("stored.bytes", hex=found[1]) if found[1] else text("stored.no_bytes")
    return text("quoted", words=value) if value.strip() else text("stored.empty")


def command(words: Iterable[str], name: str = "") -> str:
    """A command as a shell takes it. `name`: the word in it that stands for a person's own name."""
    typed = (text("metavar.name") if word == name else typed_in_a_shell(word) for word in words)
    return " ".join(typed)


def typed_in_a_shell(word: str) -> str:
    """As a shell takes it; what is not seen, as POSIX writes it in `$'…'` (2.2.4, of 2024)."""
    if in_sight(word) == word:
        return quote(word)
    spelt = "".join(c if is_seen(c) and c not in "'\\" else _octal(c) for c in word)
    return f"$'{spelt}'"


def _octal(letter: str) -> str:
    is_byte = "\udc80" <= letter <= "\udcff"  # of a file's name that is no UTF-8
    spelt = letter.encode("utf-8", "surrogateescape" if is_byte else "surrogatepass")
    return "".join(f"\\{byte:03o}" for byte in spelt)


_formatter = _Formatter()


def _fill(
    template: str, facts: Mapping[str, Fact], voice: Callable[[str], str] = lambda said: said
) -> str:
    """`voice`: what is made of the translated sentence before it has its facts."""
    quoted = {
        name: _translation.gettext(said)
        for name in _QUOTING
        if isinstance(said := facts.get(name), str) and said in SYSTEM_SAYS
    }
    known = {**_unnamed(template), **facts, **quoted}
    return _formatter.vformat(voice(_translated(template, facts)), (), known)


def _unnamed(template: str) -> dict[str, Fact]:
    """What stands in a command or a setting whose name is not known, as in the help.

    A ledger of another version of syncd has reasons without it.
    """
    found = {name: text(f"metavar.{name}") for name in WHOSE if f"{{{name}:shell}}" in template}
    return {**found, "setting": "SYNCD_SOURCES__<NAME>"}


def _translated(template: str, facts: Mapping[str, Fact]) -> str:
    if not isinstance(template, Counted):
        return _translation.gettext(template)
    count = facts.get(template.by, 1)  # a state stands for itself, too, without a count
    if isinstance(count, int | float):
        return _translation.ngettext(template, template.many, _whole(count))
    return _translation.gettext(template)


def _whole(count: float) -> int:
    """gettext counts in whole numbers; a fraction is many."""
    return int(count) if float(count).is_integer() else 2
