"""From what was gathered to `Settings`, or to all that is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from pydantic import ByteSize, ValidationError
from pydantic.fields import FieldInfo

from syncd.config.settings.gathering import (
    FIELDS,
    SOURCE,
    Given,
    from_dotenv,
    from_environ,
    from_secrets,
    is_known,
    is_secret,
    secrets_folder,
    unknown,
)
from syncd.config.settings.model import PREFIX, Settings
from syncd.core.errors import Problem, SettingsError
from syncd.core.reasons import Fact, Reason, because


def load_settings(
    environ: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> Settings:
    """The settings of this process; `SettingsError` with every problem at once.

    `environ` stands for `os.environ`, `folder` for the current folder (where `.env` is read).
    """
    problems: list[Problem] = []
    environ = os.environ if environ is None else environ
    here = from_environ(environ)
    dotenv = from_dotenv((folder or Path()) / ".env", environ, problems)
    beside = {given.name: given for given in (*dotenv, *here)}
    secrets = from_secrets(secrets_folder(beside, problems), problems)
    merged = {given.name: given for given in (*secrets, *dotenv, *here)}

    problems += [unknown(given) for given in merged.values() if not is_known(given.name)]
    known = {name: given for name, given in merged.items() if is_known(name)}
    settings = _validated(known, problems)
    problems += _half_credentials(known)
    problems += _half_archive(known) if settings is not None else ()
    problems += _half_events(settings, known) if settings is not None else ()
    if settings is None or problems:
        raise SettingsError(sorted(problems, key=lambda p: (p.path, p.reason.code)))
    return settings


def _validated(known: Mapping[str, Given], problems: list[Problem]) -> Settings | None:
    nested: dict[str, Any] = {"sources": {}}
    for name, given in known.items():
        found = SOURCE.fullmatch(name)
        if found:
            source = nested["sources"].setdefault(found["source"].lower(), {})
            source[found["field"].lower()] = given.value
        else:
            nested[FIELDS[name]] = given.value.strip()
    try:
        return Settings(**nested)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            problems.append(_problem(item["type"], item["loc"], dict(item.get("ctx", {})), known))
        return None


_NUMBER_ERRORS = frozenset(
    {"float_parsing", "int_parsing", "int_parsing_size", "finite_number"}
    | {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
)
_SIZE_ERRORS = frozenset({"byte_size", "byte_size_unit"})


def _problem(
    kind: str, loc: tuple[str | int, ...], context: dict[str, Any], known: Mapping[str, Given]
) -> Problem:
    name = PREFIX + "__".join(str(part).upper() for part in loc)
    given = known.get(name)
    origin = given.origin if given else ""
    read = given.value.strip()[:80] if given and not is_secret(name) else ""
    facts: dict[str, Fact] = {"name": name}
    suggestion = ""
    if kind == "literal_error":
        expected = str(context["expected"]).replace(" or ", ",")
        choices = [part.strip(" '") for part in expected.split(",")]
        near = get_close_matches(read.lower(), choices, n=1)
        suggestion = near[0] if near else ""
        facts |= {"read": read, "choices": ", ".join(choices)}
        code = "setting_choice"
    elif kind in _NUMBER_ERRORS:
        field = Settings.model_fields[str(loc[0])]
        code = "setting_size" if field.annotation is ByteSize else "setting_number"
        facts |= {"read": read}
        if code == "setting_number":
            facts |= _bounds(field)
    elif kind in _SIZE_ERRORS:
        code = "setting_size"
        facts |= {"read": read}
    elif kind == "bool_parsing":
        code = "setting_flag"
        facts |= {"read": read}
    elif kind.startswith("setting_"):
        code = kind
        facts |= cast("dict[str, Fact]", context)
    else:  # bytes that are no text (`string_unicode`), or what pydantic has yet to think of
        code = "setting_invalid"
    return Problem(Reason(code, facts), origin, path=name, suggestion=suggestion)


def _bounds(field: FieldInfo) -> dict[str, Fact]:
    """The least and the most that a number may be, as its declaration says."""
    found: dict[str, Fact] = {"least": "0", "most": "∞"}
    for rule in field.metadata:
        for key, attributes in (("least", ("ge", "gt")), ("most", ("le", "lt"))):
            for attribute in attributes:
                if (bound := getattr(rule, attribute, None)) is not None:
                    found[key] = f"{bound:.10g}"
    return found


def _half_credentials(known: Mapping[str, Given]) -> list[Problem]:
    """An access key without its secret, or the other way round; a token without both."""
    by_source: dict[str, dict[str, str]] = {}
    for name, given in known.items():
        found = SOURCE.fullmatch(name)
        if found:
            by_source.setdefault(found["source"], {})[found["field"].lower()] = given.origin
    problems = []
    for fields in by_source.values():
        fields.pop("events_token", None)  # which is no part of the key
    for source, fields in sorted(by_source.items()):
        for field in ("access_key_id", "secret_access_key"):
            if fields and field not in fields:
                missing = f"{PREFIX}SOURCES__{source}__{field.upper()}"
                reason = because("setting_half_credentials", source=source.lower(), missing=missing)
                problems.append(Problem(reason, next(iter(fields.values())), path=missing))
    return problems


def _half_archive(known: Mapping[str, Given]) -> list[Problem]:
    """What is said of the archive's bucket, without what it takes to reach it."""
    parts = ("_ENDPOINT", "_REGION", "_ADDRESSING")
    keys = ("_ACCESS_KEY_ID", "_SECRET_ACCESS_KEY", "_SESSION_TOKEN")
    whole = f"{PREFIX}ARCHIVE"
    given = [known[whole + one] for one in ("", *parts, *keys) if whole + one in known]
    if not given:
        return []
    needed = ["", "_ENDPOINT"]
    if any(whole + key in known for key in keys):
        needed += keys[:2]
    missing = [whole + one for one in needed if whole + one not in known]
    return [
        Problem(
            because("setting_archive_lacks", name=given[0].name, missing=one),
            given[0].origin,
            path=one,
        )
        for one in missing
    ]


def _half_events(settings: Settings, known: Mapping[str, Given]) -> list[Problem]:
    """An address where nobody may tell anything is a mistake."""
    tokens = (settings.events_token, *(one.events_token for one in settings.sources.values()))
    if settings.events_address == "off" or any(tokens):
        return []
    given = known[f"{PREFIX}EVENTS_ADDRESS"]
    return [Problem(because("events_no_token"), given.origin, path=f"{PREFIX}EVENTS_TOKEN")]


def unknown_sources(settings: Settings, manifest_sources: Iterable[str]) -> tuple[Problem, ...]:
    """Credentials for sources that the manifest does not have."""
    names = sorted(manifest_sources)
    problems = []
    for source in sorted(set(settings.sources) - set(names)):
        near = get_close_matches(source, names, n=1)
        reason = because("setting_source_unknown", source=source, known=", ".join(names))
        for field in (field.upper() for field, secret in settings.sources[source] if secret):
            variable = f"{PREFIX}SOURCES__{source.upper()}__{field}"
            suggestion = f"{PREFIX}SOURCES__{near[0].upper()}__{field}" if near else ""
            problems.append(Problem(reason, path=variable, suggestion=suggestion))
    return tuple(problems)
