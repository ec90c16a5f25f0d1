"""Every sentence has its French form, and the form is good French as far as a machine can tell."""

from __future__ import annotations

import ast
import errno
import functools
import io
import json
import os
import re
import string
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo

from syncd import text
from syncd.cli import confirm, init
from syncd.cli.output import json_documents
from syncd.core.i18n_markers import Counted
from syncd.core.reasons import Fact, Reason, because
from syncd.text.click_says import CLICK_SAYS
from syncd.text.screens import SCREENS
from syncd.text.sentences import SENTENCES, TO_RELEASE
from syncd.text.system_says import SYSTEM_SAYS
from syncd.text.terminal import show_the_nearest
from tools import french_catalogue
from tools.french_catalogue import ids, in_english, pairs

NO_BREAK = "\u00a0"
MESSAGES = [one for one in french_catalogue.catalogue() if one.id]
TABLES = {
    **SENTENCES,
    **{f"TO_RELEASE {code}": template for code, template in TO_RELEASE.items()},
    **SCREENS,
}
SAMPLES: dict[str, Fact] = {
    "": "x",
    "n": 12345,
    "size": 12_300_000,
    "duration": 108_000,
    "date": "2026-11-26T06:29:00+00:00",
    "day": "2026-11-26T06:29:00+00:00",
    "request": "r-1",
    "shell": "a b.csv",
    "stored": "Titre",
    "hash": "0" * 64,
    "what": "dataset",
    "kind": "text",
    "format": "csv",
    "places": "top, defaults",
    "faults": "capitals, accents",
    "frequency": "daily",
    "names": "“a”, “b”",
    "word": "held",
    "field": "weekday",
    "datasets": 3,
    "targets": 4,
    "problems": 2,
    "improvements": 5,
}


@pytest.fixture
def french() -> None:
    text.speak("fr")


def named(one: Message) -> str:
    return ids(one)[0][:60]


def fields(template: str) -> dict[str, str]:
    return {name: spec or "" for _, name, spec, _ in string.Formatter().parse(template) if name}


@functools.cache
def up_to_date() -> Catalog:
    """All of syncd is read for it."""
    return french_catalogue.up_to_date()


# -- the catalogue --------------------------------------------------------------------------------


def test_every_sentence_has_a_french_form_that_somebody_confirmed() -> None:
    assert [named(one) for one in french_catalogue.lacking(up_to_date())] == []


def test_the_catalogue_is_what_make_catalogue_would_write() -> None:
    assert french_catalogue.SOURCE.read_bytes() == french_catalogue.written(up_to_date())


def test_the_catalogue_keeps_no_sentence_that_is_gone() -> None:
    assert list(french_catalogue.catalogue().obsolete) == []


def test_the_compiled_catalogue_is_what_the_source_says() -> None:
    with french_catalogue.COMPILED.open("rb") as compiled:
        found = {ids(one): french_catalogue.forms(one) for one in read_mo(compiled) if one.id}

    assert found == {ids(one): french_catalogue.forms(one) for one in MESSAGES}


def test_every_table_of_the_room_is_in_the_catalogue() -> None:
    """A sentence in a table that is not marked would be English for ever."""
    known = {ids(one) for one in MESSAGES}
    told = {
        (str(t), t.many) if isinstance(t, Counted) else (t,)
        for t in (*TABLES.values(), *CLICK_SAYS, *SYSTEM_SAYS)
    }
    assert told - known == set()


def test_the_french_form_has_the_fields_of_the_english() -> None:
    """A count may bring its word in one language, and stand beside it in the other."""
    counts = {"n", "datasets", "targets", "problems", "improvements"}
    assert all(len(ids(one)) == len(french_catalogue.forms(one)) for one in MESSAGES)
    for english, french in pairs():
        if english.startswith("%(prog)s"):
            assert french == english
        elif english == "{value!r} is not a valid {number_type}.":
            continue  # click names the type in English
        else:
            wanted, found = fields(english), fields(french)
            assert set(found) == set(wanted)
            for name, spec in found.items():
                assert spec == wanted[name] or {spec, wanted[name]} <= counts


# -- the language ---------------------------------------------------------------------------------


def prose(sentence: str) -> str:
    """Without what stays as it is typed, and without fields."""
    return re.sub(r"\{[^{}]*\}", "x", re.sub(r"`[^`]*`", "`x`", sentence))


def test_the_french_forms_are_set_as_french() -> None:
    for english, french in pairs():
        set_as_french(english, french)


def set_as_french(english: str, french: str) -> None:
    said = prose(french)
    assert re.findall(r"(?<!\u00a0)(?:[;!?»]|%(?!\())", said) == []
    assert re.findall(r"(?<![\u00a0\w/`])[:](?!\d)", said) == []  # 127.0.0.1:8080, http://
    assert re.findall(r"« ?(?!\u00a0)", said) == []
    assert "'" not in said, "the apostrophe is ’"
    assert '"' not in said
    assert "“" not in said
    assert "  " not in said or "  " in english
    assert "(s)" not in said
    # A sentence ends where the English one does.
    whole = english.count(" ") > 2 and english not in SYSTEM_SAYS
    if whole and re.search(r"[.:?]$", english):
        assert re.search(r"[.:?]$|\{option\}$", french)


ENGLISH = re.compile(
    r"\b(the|of|and|is|was|run|with|from|file|files|does|not|cannot|this|that|dataset|resource|"
    r"bucket's|target|held|released?|manifest|settings?|deposit|key|cycle|ledger|portal's)\b",
    re.IGNORECASE,
)


def test_no_english_word_is_left_in_the_french_forms() -> None:
    as_typed = re.compile(r"syncd [a-z]+|--[a-z-]+|[A-Z_]{3,}\S*")
    left = {french: ENGLISH.findall(as_typed.sub("x", prose(french))) for _, french in pairs()}
    assert {french: words for french, words in left.items() if words} == {}


def test_only_words_that_are_the_same_in_both_languages_stay_as_they_are() -> None:
    same = {english for english, french in pairs() if english == french}
    assert {one for one in same if re.search(r"[a-z] [a-z]", one)} == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_sentence_can_be_said_in_both_languages(language: str) -> None:
    text.speak(language)
    for code, template in SENTENCES.items():
        for count in (1, 12345):
            facts = {name: SAMPLES[spec] for name, spec in fields(template).items()}
            if isinstance(template, Counted):
                facts[template.by] = count
            said = text.sentence(Reason(code, facts))
            assert not said.startswith(f"{code} ("), code  # as it is shown when a fact lacks
    for key, template in SCREENS.items():
        facts = {name: SAMPLES[spec] for name, spec in fields(template).items()}
        assert text.text(key, **facts)


# -- what the reader gets -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "Le manifeste a 0 problème ;"),
        (1, "Le manifeste a 1 problème ;"),
        (2, "Le manifeste a 2 problèmes ;"),
        (1234, "Le manifeste a 1\u202f234 problèmes ;"),
    ],
)
def test_french_counts_from_two_as_many(french: None, count: int, said: str) -> None:
    sentence = text.sentence(because("manifest_invalid", count=count))
    assert sentence.startswith(said.replace(" ;", NO_BREAK + ";"))


def test_a_fraction_is_said_with_its_comma(french: None) -> None:
    whole, part = (because("cycle_overdue", minutes=one) for one in (60.0, 2.5))
    assert "plus de 60 minutes." in text.sentence(whole)
    assert "plus de 2,5 minutes." in text.sentence(part)


def test_ids_and_line_numbers_are_not_grouped(french: None) -> None:
    said = text.sentence(because("to_be_created", title="T", line=12345))
    assert "la ligne 12345 du" in said


def test_what_the_system_says_is_translated_where_it_is_known(french: None) -> None:
    known = because("portal_unreachable", host="h", detail="Connection refused")
    other = because("portal_unreachable", host="h", detail="Something rare")
    assert "(connexion refusée)" in text.sentence(known)
    assert "(Something rare)" in text.sentence(other)


def test_a_sentence_with_its_figures_in_french(french: None) -> None:
    said = text.sentence(because("guard_shrink", size=80, online=2030, lost=96, limit=50))
    expected = (
        "Le fichier fait 80~o, soit 96~% de moins que celui en ligne (2,03~ko)~; limite~: 50~%. "
        "Le fichier en ligne reste tel quel. Si le nouveau est bon, lancez "
        "`syncd release CIBLE --by NOM`."
    )
    assert said == expected.replace("~", NO_BREAK)


def test_names_in_a_list_have_french_quotation_marks(french: None) -> None:
    said = text.finding(because("guard_columns", count=2, gone="“ville”, “lon, lat”, …"))
    listed = "«~ville~», «~lon, lat~», …".replace("~", NO_BREAK)
    assert f": {listed}." in said
    assert "“" not in said


def test_a_language_that_syncd_does_not_speak_is_the_locales(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The settings refuse it afterwards, in words that can be read."""
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    text.speak("klingon")
    try:
        assert text.text("holds_none") == "Rien n’est retenu."
    finally:
        text.speak("en")


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [
        ("o\n", True),
        ("OUI\n", True),
        ("y\n", True),
        ("n\n", False),
        ("non\n", False),
        ("\n", False),
    ],
)
def test_a_question_is_answered_in_french_or_english(
    french: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: str,
    agreed: bool,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert confirm.agreed("Continuer ?") is agreed
    assert "Continuer ? [o/N] " in capsys.readouterr().err


def test_a_question_is_asked_again_until_it_is_answered(
    french: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("peut-être\no\n"))
    assert confirm.agreed("Continuer ?") is True
    assert "Répondez o ou n." in capsys.readouterr().err


# -- click ----------------------------------------------------------------------------------------

# What only a programmer can meet, or a kind of parameter that syncd does not have.
NOT_OURS = re.compile(
    r"deprecated|Deprecat|defined twice|Boolean option|declaration|No options defined|"
    r"Invalid start character|iterable|\(dynamic\)|Do you want to continue|Confirm the action|"
    r"Show the version|Repeat for|two entered|color|Press any key|Choose from|Choice\(|format|"
    r"range|boolean|UUID|\{name\} \{filename|^file$|^directory$|^path$|values are required|"
    r"Unknown standard|Editing|^d$|Could not open|unknown error|Missing parameter|"
    r"Missing \{param|required|Argument \{name|Takes \{nargs"
)


def test_what_click_says_to_an_operator_is_in_the_catalogue() -> None:
    spec = find_spec("click")
    assert spec
    assert spec.origin
    lacking = []
    found = 0
    for file in sorted(Path(spec.origin).parent.glob("*.py")):
        if file.name in {"_winconsole.py", "shell_completion.py"}:
            continue
        with file.open("rb") as source:
            for line, words, _, _ in extract(
                "python", source, keywords={"_": None, "ngettext": (1, 2)}
            ):
                first = words if isinstance(words, str) else words[0]
                found += 1
                if first not in CLICK_SAYS and not NOT_OURS.search(first):
                    lacking.append(f"{file.name}:{line} {first}")
    assert found > 50
    assert lacking == []


def run(*arguments: str, language: str = "fr") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "syncd", *arguments],
        env={
            "PATH": "/usr/bin:/bin",
            "SYNCD_LANG": language,
            "COLUMNS": "200",
            "SYNCD_HTTP_ADDRESS": "127.0.0.1:1",  # where nobody listens
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "« L’œuvre » à 1\u202f234\u00a0€ → …"),
        ("latin-1", "« L'oeuvre » à 1 234\u00a0? -> ..."),
        ("ascii", '"\u0020L\'oeuvre " a 1 234 ? -> ...'),
    ],
)
def test_a_terminal_that_lacks_a_letter_gets_the_nearest(encoding: str, shown: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    show_the_nearest(stream)
    stream.write("« L’œuvre » à 1\u202f234\u00a0€ → …")
    stream.flush()
    assert written.getvalue().decode(encoding) == shown


def test_no_command_ends_for_a_letter_that_a_terminal_lacks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "syncd", "--help"],
        env={"PATH": "/usr/bin:/bin", "SYNCD_LANG": "fr", "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Montre l'essentiel" in done.stdout.decode("latin-1")


def test_a_proposed_manifest_keeps_every_letter_of_its_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    show_the_nearest(stream)
    monkeypatch.setattr(sys, "stdout", stream)
    init.show("object: Œuvres/musées.csv\n")
    stream.flush()
    assert written.getvalue().decode("utf-8") == "object: Œuvres/musées.csv\n"


@pytest.mark.parametrize(("encoding", "escaped"), [("utf-8", False), ("latin-1", True)])
def test_a_document_for_programs_keeps_every_letter(
    monkeypatch: pytest.MonkeyPatch, encoding: str, escaped: bool
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding)
    show_the_nearest(stream)
    monkeypatch.setattr(sys, "stdout", stream)
    json_documents.put({"title": "Œuvres"})
    stream.flush()
    shown = written.getvalue().decode(encoding)
    assert json.loads(shown) == {"title": "Œuvres"}
    assert ("\\u" in shown) is escaped


def commands() -> list[str]:
    source = (Path(text.__file__).parents[1] / "cli" / "commands.py").read_text("utf-8")
    functions = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and any("syncd.command" in ast.unparse(one) for one in node.decorator_list)
    ]
    return ["run" if one.name == "run_service" else one.name for one in functions]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("SYNCD_LANG=fr\n", "Affiche la version"),
        ("# ours\nSYNCD_BY=Léa\nexport SYNCD_LANG='FR'  # yes\n", "Affiche la version"),
        ("#SYNCD_LANG=fr\n", "Show the version"),
        ("SYNCD_LANG=klingon\n", "Show the version"),
        ("", "Show the version"),
    ],
)
def test_the_help_is_in_the_language_of_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    (tmp_path / ".env").write_text(written, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert said in run("--help", language="")


def test_an_english_help_is_seen_as_english() -> None:
    assert len(in_english(run("release", "--help", language="en"))) > 4


@pytest.mark.parametrize("command", commands())
def test_the_help_of_each_command_is_french(command: str) -> None:
    said = run(command, "--help")
    assert said.startswith(f"Usage{NO_BREAK}: syncd {command} [OPTIONS]")
    assert f"\nOptions{NO_BREAK}:" in said
    assert in_english(said) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--help", "Commandes~:"),
        ("relaes", "Erreur~: La commande 'relaes' n’existe pas. Vouliez-vous dire 'release'~?"),
        ("plan --nope", "Erreur~: L’option '--nope' n’existe pas."),
        ("undo", "Erreur~: Il manque l’argument 'CIBLE'."),
        ("undo x --to y", "'y' n’est pas un nombre entier."),
        ("plan un deux", "Arguments en trop (un deux)"),
        ("sync --wait", "Il manque une valeur après l’option '--wait'."),
        ("sync --wait bientôt", "bientôt n’est pas une durée"),
        ("demo --help", "[par défaut~: .demo]"),
        ("health", "Aucun syncd ne répond"),
        ("plan", "Il n’y a pas de manifeste"),
    ],
)
def test_what_cannot_be_done_is_said_in_french(
    arguments: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run(*arguments.split())
    assert said.replace("~", NO_BREAK) in shown
    assert in_english(shown) == []


# STREAMS (removed from POSIX.1-2024), XENIX, SVR4's channels and shared libraries, radio switches,
# robust mutexes: nothing that Python calls here answers these.
NEVER = frozenset(
    {"EADV", "EBADE", "EBADR", "EBADRQC", "EBADSLT", "EBFONT", "ECHRNG", "EDOTDOT", "EIDRM"}
    | {"EISNAM", "EL2HLT", "EL2NSYNC", "EL3HLT", "EL3RST", "ELIBACC", "ELIBBAD", "ELIBEXEC"}
    | {"ELIBMAX", "ELIBSCN", "ELNRNG", "EMULTIHOP", "ENAVAIL", "ENOANO", "ENOCSI", "ENOMSG"}
    | {"ENONET", "ENOPKG", "ENOSR", "ENOSTR", "ENOTNAM", "ENOTRECOVERABLE", "ENOTUNIQ"}
    | {"EOWNERDEAD", "EREMCHG", "ERESTART", "ERFKILL", "ESRMNT", "ESTRPIPE", "EUNATCH", "EXFULL"}
)


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("name", sorted(set(errno.errorcode.values()) - NEVER))
def test_what_the_system_says_is_french_in_a_french_sentence(name: str) -> None:
    words = os.strerror(getattr(errno, name))
    said = text.sentence(because("setting_file_unreadable", path="/x", detail=words))
    assert words not in said
