"""Where settings come from: environment, `.env`, secret files. The nearest wins.

Names are read without regard to case; an empty value counts as not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from syncd.config import dotenv
from syncd.config.regular_files import NotRegular, read_regular
from syncd.config.settings.model import PREFIX, Settings, SourceCredentials
from syncd.config.settings.secrecy import holds_secret
from syncd.core.errors import Problem
from syncd.core.reasons import because
from syncd.core.regular_expressions import regex

DEFAULT_SECRETS_DIR = Path("/run/secrets")
_LARGEST_SECRET = 64 * 1024  # bytes read of one secret file


@dataclass(frozen=True, slots=True, repr=False)
class Given:
    """A variable as found. Has no repr: it may hold a secret."""

    name: str  # upper-case
    value: str
    origin: str  # "environment", or the file


FIELDS = {PREFIX + name.upper(): name for name in Settings.model_fields if name != "sources"}
SOURCE_FIELDS = tuple(SourceCredentials.model_fields)
SOURCE = regex(rf"{PREFIX}SOURCES__(?P<source>.+?)__(?P<field>{'|'.join(SOURCE_FIELDS).upper()})")
# What Kubernetes puts in the environment of every pod for a Service named syncd or syncd-…
_INJECTED = regex(
    rf"{PREFIX}(PORT(_.*)?|SERVICE_.*)|{PREFIX}.*_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_\d+_(TCP|UDP|SCTP).*)"
)
_TESTS = PREFIX + "TEST_"
_OUR_LINE = regex(rf"\s*(?:export\s+)?'?{PREFIX}", re.I)


def _ours(pairs: Iterable[tuple[str, str | None]], origin: str) -> list[Given]:
    found = [Given(name.upper(), value or "", origin) for name, value in pairs]
    return [g for g in found if g.value.strip() and _concerns_us(g.name, g.value)]


def _concerns_us(name: str, value: str) -> bool:
    if not name.startswith(PREFIX) or name.startswith(_TESTS):
        return False
    if _INJECTED.fullmatch(name):
        return False
    # SYNCD_METRICS_PORT=tcp://10.0.0.1:80 is Kubernetes' too.
    return not (name.endswith("_PORT") and re.match(r"(tcp|udp|sctp)://", value))


def from_environ(environ: Mapping[str, str]) -> list[Given]:
    return _ours(environ.items(), "environment")


def from_dotenv(path: Path, environ: Mapping[str, str], problems: list[Problem]) -> list[Given]:
    try:
        if not path.is_file():
            return []
        content = read_regular(path).decode("utf-8-sig")
    except OSError as error:
        problems.append(_unreadable(path, error))
        return []
    except UnicodeDecodeError:
        problems.append(_not_utf_8(path))
        return []
    lines = list(dotenv.lines(content, environ))
    for line in lines:
        if not line.name and _OUR_LINE.match(line.value):
            problems.append(Problem(because("setting_line"), str(path), line.number))
    return _ours(((line.name, line.value) for line in lines if line.name), str(path))


def dotenv_has_secret(path: Path) -> bool:
    """As far as it can be read."""
    return any(is_secret(given.name) for given in from_dotenv(path, {}, []))


def is_secret(name: str) -> bool:
    """Whether the variable's value may not be shown: what is of a secret type, in doubt all."""
    field = Settings.model_fields.get(FIELDS.get(name, ""))
    return field is None or holds_secret(field.annotation)


def secrets_folder(given: Mapping[str, Given], problems: list[Problem]) -> Path | None:
    name = f"{PREFIX}SECRETS_DIR"
    if name not in given:
        return DEFAULT_SECRETS_DIR if DEFAULT_SECRETS_DIR.is_dir() else None
    path = Path(given[name].value.strip())
    with suppress(OSError):  # a name that no file can have
        if path.is_dir():
            return path
    problems.append(
        Problem(because("setting_no_folder", path=str(path)), given[name].origin, path=name)
    )
    return None


def from_secrets(folder: Path | None, problems: list[Problem]) -> list[Given]:
    if folder is None:
        return []
    found: list[Given] = []
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        files = []
        problems.append(_unreadable(folder, error))
    for file in files:
        # Kubernetes keeps the files in `..data` and links them: only the links are ours.
        if not file.name.upper().startswith(PREFIX):
            continue
        try:
            if file.is_dir():
                continue
            content = read_regular(file, _LARGEST_SECRET).decode("utf-8")
        except NotRegular:
            continue  # as if it were not there; `syncd.actions.exposure` says so
        except OSError as error:
            problems.append(_unreadable(file, error))
        except UnicodeDecodeError:
            problems.append(_not_utf_8(file))
        else:
            # Editors and `echo` end a file with a newline that is no part of the secret.
            value = content.removesuffix("\n").removesuffix("\r")
            found += _ours([(file.name, value)], str(file))
    return found


def _unreadable(path: Path, error: OSError) -> Problem:
    reason = because("setting_file_unreadable", path=str(path), detail=error.strerror or "")
    return Problem(reason, str(path))


def _not_utf_8(path: Path) -> Problem:
    return Problem(because("setting_file_unreadable", path=str(path), detail="UTF-8"), str(path))


def is_known(name: str) -> bool:
    return name in FIELDS or SOURCE.fullmatch(name) is not None


def unknown(given: Given) -> Problem:
    reason = because("setting_unknown", name=given.name)
    return Problem(reason, given.origin, path=given.name, suggestion=_near(given.name))


def _near(name: str) -> str:
    if not name.startswith(f"{PREFIX}SOURCE"):
        found = get_close_matches(name, list(FIELDS), n=1, cutoff=0.75)
        return found[0] if found else ""
    if parts := re.fullmatch(rf"{PREFIX}SOURCES__(.+?)__(.+)", name):
        fields = [field.upper() for field in SOURCE_FIELDS]
        found = get_close_matches(parts[2].strip("_"), fields, n=1)
        return f"{PREFIX}SOURCES__{parts[1]}__{found[0]}" if found else ""
    # The field is the words at the end; what stands between is the source's name.
    words = [word for word in name.removeprefix(PREFIX).split("_") if word][1:]
    for field in SOURCE_FIELDS:
        count = len(field.split("_"))
        tail, source = "_".join(words[-count:]), "_".join(words[:-count])
        if source and get_close_matches(tail, [field.upper()], n=1, cutoff=0.75):
            return f"{PREFIX}SOURCES__{source}__{field.upper()}"
    return ""
