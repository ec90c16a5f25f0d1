"""What single values of the manifest look like; each reader raises `PydanticCustomError`.

The error's type is our reason code, its context the facts; `suggestion` among them is what was
probably meant. The value read is added by `diagnostics.schema_errors`, which also hides secrets.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple, cast, get_args
from unicodedata import normalize
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic_core import PydanticCustomError

from syncd.config.manifest.tree import Number
from syncd.core.addresses import (
    Address,
    dataset_address,
    is_dataset_id,
    is_resource_id,
    path_of,
    portal_url,
    resource_address,
)
from syncd.core.composed import composed
from syncd.core.hosts import leads_to_nobody
from syncd.core.patterns import KINDS, Pattern, PatternError
from syncd.core.reasons import Fact
from syncd.core.regular_expressions import regex
from syncd.core.schemas import SchemaRef, parsed
from syncd.core.targets import DayOfYear, GuardLevel

SHORTEST_SCHEDULE = timedelta(seconds=10)
LONGEST_KEY = 1024  # bytes, S3's own limit
_LONGEST_WORD = 80  # characters of what may be a known word
_MOST_WORDS = 1_000  # more than there are time zones
_LONGEST_EMAIL = 320  # characters of a text in which an address is looked for

CRON_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
CRON_FIELDS = ("minute", "hour", "day", "month", "weekday")

DURATION = regex(
    r"(?=.)(?:(?P<y>[0-9]{1,2})y)?(?:(?P<d>[0-9]{1,5})d)?(?:(?P<h>[0-9]{1,6})h)?"
    r"(?:(?P<m>[0-9]{1,6})m)?(?:(?P<s>[0-9]{1,7})s)?"
)
PERCENT = regex(r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)\s?%")
FACTOR = regex(r"[1-9][0-9]{0,3}(?:\.[0-9]+)?\s?x")
BUCKET = regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
EMAIL = regex(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()./]+(?:\.[^@\s<>,;:\"()./]+)*\.[^\W\d_]{2,}")
TOPIC = regex(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SCHEME = regex(
    r"\s*(?P<scheme>[htps]{3,6})(?:\s?[:;]\s?[/\\]{0,3}|[/\\]{1,3})(?=[^\s/\\])", re.IGNORECASE
)
_NO_ADDRESS = regex(r"[\s{}]")
SOURCE_NAME = regex(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
VARIABLE = regex(r"\{([^{}:]*)(?::([^{}]*))?\}")


def wrong(code: str, suggestion: str = "", **facts: Fact) -> PydanticCustomError:
    """An error that carries our code and facts through pydantic."""
    context = {**facts, "suggestion": suggestion}
    return PydanticCustomError(code, "refused", context)


def near(text: str, known: list[str] | tuple[str, ...]) -> str:
    """The known word that was probably meant, or "". Of very many words the first are tried."""
    if len(text) > _LONGEST_WORD:
        return ""
    found = get_close_matches(text.lower(), known[:_MOST_WORDS], n=1, cutoff=0.6)
    return found[0] if found else ""


def text(value: object) -> str:
    """A text. A plain number is taken as it is written."""
    if not isinstance(value, str):
        raise wrong("wrong_type", expected="text")
    if not value.strip():
        raise wrong("empty_value")
    return str(value)


def schema_name(value: object) -> SchemaRef:
    read = text(value)
    found = parsed(read)
    if found is None:
        raise wrong("bad_schema_name", read=read)
    return found


def version(value: object) -> int:
    if not (isinstance(value, Number) and str(value) == "1"):
        raise wrong("bad_version", "1")
    return 1


def portal(value: object) -> str:
    read = text(value)
    try:
        found = portal_url(read)
    except ValueError:
        raise wrong("bad_url", _portal_guess(read), example="https://www.data.gouv.fr") from None
    if "@" in urlsplit(read).netloc:
        raise wrong("secret_in_url", found)
    _must_be_somebodys(found)
    return found


def _must_be_somebodys(url: str) -> None:
    if leads_to_nobody(url):
        raise wrong("nobodys_address")


def _portal_guess(read: str) -> str:
    """With a scheme that was misspelt, lost a sign, or was left out."""
    slip = _SCHEME.match(read)
    if slip is not None and near(slip["scheme"], ("http", "https")):
        scheme, rest = "https" if "s" in slip["scheme"].lower() else "http", read[slip.end() :]
    elif "://" in read:
        return ""
    else:
        scheme, rest = "https", read.strip()
    try:
        return portal_url(f"{scheme}://{rest}")
    except ValueError:
        return ""


def timezone(value: object) -> ZoneInfo:
    read = text(value)
    try:
        return ZoneInfo(read)
    except (KeyError, ValueError, OSError):
        zones = {zone.lower(): zone for zone in available_timezones()}
        names = {zone.rsplit("/", 1)[-1]: zone for zone in zones}
        guess = near(read, list(zones)) or names.get(near(read, list(names)), "")
        raise wrong("bad_timezone", zones.get(guess, "")) from None


def endpoint(value: object) -> str:
    """An S3 endpoint: scheme, host and port, no more; normalised like a portal's URL."""
    read = text(value).strip()
    try:
        found = portal_url(read)
    except ValueError:
        raise wrong("bad_url", _portal_guess(read), example="https://s3.example.fr") from None
    parts = urlsplit(read)
    if "@" in parts.netloc:
        raise wrong("secret_in_url", found)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong("endpoint_path", found)
    _must_be_somebodys(found)
    return found


def queue(value: object) -> str:
    """The address of a queue, as it is: SQS compares it."""
    read = text(value).strip()
    example = "https://sqs.eu-west-3.amazonaws.com/123456789012/depot"
    try:
        found, parts = portal_url(read), urlsplit(read)
    except ValueError:
        raise wrong("bad_url", _portal_guess(read), example=example) from None
    if "@" in parts.netloc:
        raise wrong("secret_in_url", found)
    if not parts.path.strip("/") or parts.query or parts.fragment:
        raise wrong("bad_url", "", example=example)
    _must_be_somebodys(found)
    return read


def site(value: object) -> str:
    """The address of a site's page, as it is."""
    read = text(value).strip()
    try:
        portal_url(read)
    except ValueError:
        raise wrong(
            "bad_url", _portal_guess(read), example="https://culture.data.gouv.fr"
        ) from None
    if "@" in urlsplit(read).netloc:
        raise wrong("secret_in_url")
    _must_be_somebodys(read)
    return read


def public_address(value: object) -> str:
    """Where the objects of a public bucket are on the web, with {key} for each one's key."""
    read = text(value).strip()
    example = "https://open.example.fr/{key}"
    try:
        portal_url(read)
    except ValueError:
        raise wrong("bad_url", example=example) from None
    parts = urlsplit(read)
    if "@" in parts.netloc:
        raise wrong("secret_in_url")
    _must_be_somebodys(read)
    bare = parts.path.replace("{key}", "", 1)
    is_plain = not (parts.query or parts.fragment or _NO_ADDRESS.search(bare))
    if bare == parts.path or not is_plain:
        raise wrong("address_without_key", example=example)
    return read


class Way(NamedTuple):
    """What the portal gets of a file; `source`: where a copy is written, else ""."""

    name: str
    source: str = ""


WAYS = ("file", "link")


def publish(value: object) -> Way:
    if isinstance(value, dict) and set(value) == {"copy"} and isinstance(value["copy"], str):
        return Way("copy", value["copy"])
    if isinstance(value, str) and value in WAYS:
        return Way(value)
    raise wrong("bad_publish", near(value, WAYS) if isinstance(value, str) else "")


def topic(value: object) -> str:
    """A topic's id or slug."""
    read = text(value).strip()
    if TOPIC.fullmatch(read):
        return read
    guess = read.rstrip("/").rsplit("/", 1)[-1].lower()
    raise wrong("bad_topic", guess if TOPIC.fullmatch(guess) else "")


def bucket(value: object) -> str:
    read = text(value)
    if BUCKET.fullmatch(read):
        return read
    guess = read.strip().removeprefix("s3://").strip("/").split("/", 1)[0]
    raise wrong("bad_bucket", guess if BUCKET.fullmatch(guess) else "")


def email(value: object) -> str:
    read = text(value)
    if EMAIL.fullmatch(read):
        return read
    found = EMAIL.search(read) if len(read) <= _LONGEST_EMAIL else None
    raise wrong("bad_email", found.group() if found else "")


def flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": "true", "on": "true", "oui": "true", "vrai": "true", "1": "true"}
    words |= {"no": "false", "off": "false", "non": "false", "faux": "false", "0": "false"}
    guess = (
        words.get(value.lower(), near(value, ("true", "false"))) if isinstance(value, str) else ""
    )
    raise wrong("wrong_type", guess, expected="flag")


# -- time ----------------------------------------------------------------------------------------


def duration(value: object) -> timedelta:
    """`30s`, `15m`, `2h`, `1d`, `1y`, or several of them from the longest to the shortest.

    A year has 366 days: what comes once a year is not late by one in every fourth.
    """
    read = text(value)
    found = DURATION.fullmatch(read)
    if not found:
        raise wrong("bad_duration", _duration_guess(read))
    parts = {unit: int(amount or 0) for unit, amount in found.groupdict().items()}
    days = 366 * parts["y"] + parts["d"]
    return timedelta(days=days, hours=parts["h"], minutes=parts["m"], seconds=parts["s"])


def _duration_guess(read: str) -> str:
    units = {"j": "d", "jour": "d", "jours": "d", "day": "d", "days": "d", "min": "m", "mn": "m"}
    units |= {"an": "y", "ans": "y", "a": "y", "year": "y", "years": "y"}
    units |= {"minute": "m", "minutes": "m", "heure": "h", "heures": "h", "hour": "h", "hours": "h"}
    units |= {"sec": "s", "second": "s", "seconds": "s", "seconde": "s", "secondes": "s", "": "m"}
    found = re.fullmatch(r"\s*([0-9]{1,5})\s*([A-Za-z]*)\s*", read)
    if not found:
        return ""
    unit = found[2].lower()
    unit = units.get(unit, unit)
    return f"{found[1]}{unit}" if unit in {"y", "d", "h", "m", "s"} else ""


def interval(value: object) -> timedelta:
    """A duration of at least ten seconds."""
    found = duration(value)
    if found < SHORTEST_SCHEDULE:
        raise wrong("too_often", f"{SHORTEST_SCHEDULE.seconds}s", least=SHORTEST_SCHEDULE.seconds)
    return found


def cron(value: object) -> str:
    """Five cron fields; `@daily` and its like become the fields that they stand for."""
    read = " ".join(text(value).split())
    if read.startswith("@"):
        if read.lower() not in CRON_NAMES:
            known = ", ".join(CRON_NAMES)
            raise wrong("cron_name", near(read, tuple(CRON_NAMES)), known=known)
        return CRON_NAMES[read.lower()]
    fields = read.split(" ")
    if len(fields) != len(CRON_FIELDS):
        # Six fields are most often those of a dialect that begins with seconds.
        guess = " ".join(fields[1:])
        six = len(fields) == 6 and _fires(guess)
        raise wrong("cron_fields", guess if six else "", count=len(fields))
    for at, field in enumerate(fields):
        if not _fires(" ".join(field if at == i else "*" for i in range(5))):
            raise wrong("cron_field", field=CRON_FIELDS[at], value=field[:40])
    if not _fires(read):
        raise wrong("cron_never")
    return read


@lru_cache(maxsize=4096)
def _fires(expression: str) -> bool:
    try:
        next(CronSim(expression, datetime(2024, 1, 1)))  # noqa: DTZ001 -- only asks: does it ever
    except (CronSimError, StopIteration, ValueError, OverflowError):
        return False
    return True


_MONTHS = (
    ("january", "janvier"),
    ("february", "fevrier"),
    ("march", "mars"),
    ("april", "avril"),
    ("may", "mai"),
    ("june", "juin"),
    ("july", "juillet"),
    ("august", "aout"),
    ("september", "septembre"),
    ("october", "octobre"),
    ("november", "novembre"),
    ("december", "decembre"),
)
_MONTH_OF = {name: at for at, names in enumerate(_MONTHS, 1) for name in names}
_DAY = regex(r"([0-9]{1,2})(?:er|st|nd|rd|th|\.)? ?([a-z]+)")
_DAY_BEHIND = regex(r"([a-z]+) ([0-9]{1,2})(?:st|nd|rd|th)?")
_LEAP = 2024


def days_of_year(value: object) -> tuple[DayOfYear, ...]:
    """One day or several, as people write them: `31 march`, `31 mars`."""
    if isinstance(value, list):
        if not value:
            raise wrong("empty_value")
        return tuple(sorted({_day_of_year(one) for one in value}))
    return (_day_of_year(value),)


def _day_of_year(value: object) -> DayOfYear:
    read = text(value)
    letters = normalize("NFKD", read.lower()).encode("ascii", "ignore").decode()
    plain = " ".join(letters.split())
    ahead, behind = _DAY.fullmatch(plain), _DAY_BEHIND.fullmatch(plain)
    day, name = (ahead[1], ahead[2]) if ahead else (behind[2], behind[1]) if behind else ("", "")
    month = _MONTH_OF.get(name)
    if month is None:
        meant = near(name, tuple(_MONTH_OF)) if name else ""
        raise wrong("bad_day", f"{int(day)} {meant}" if meant else "", read=read)
    if not 1 <= int(day) <= monthrange(_LEAP, month)[1]:
        raise wrong("no_such_day", read=read)
    return DayOfYear(month, int(day))


# -- guards --------------------------------------------------------------------------------------

LEVELS: tuple[str, ...] = get_args(GuardLevel)


@dataclass(frozen=True, slots=True)
class Loss:
    """One layer's setting of a guard with a limit: a level, or a limit, which means hold."""

    level: GuardLevel
    limit: float | None = None  # a share, 0..1, or so many times


def loss(value: object) -> Loss:
    if isinstance(value, str) and value in LEVELS:
        return Loss(cast("GuardLevel", value))
    read = text(value)
    if PERCENT.fullmatch(read):
        return Loss("hold", round(float(read.rstrip("% ")) / 100, 6))
    raise wrong("bad_limit", _limit_guess(read), choices=", ".join((*LEVELS, "80%")))


def growth(value: object) -> Loss:
    """The same where the limit is so many times."""
    if isinstance(value, str) and value in LEVELS:
        return Loss(cast("GuardLevel", value))
    read = text(value)
    if FACTOR.fullmatch(read):
        return Loss("hold", float(read.rstrip("x ")))
    guess = f"{read}x" if FACTOR.fullmatch(f"{read}x") else near(read, LEVELS)
    raise wrong("bad_limit", guess, choices=", ".join((*LEVELS, "10x")))


def _limit_guess(read: str) -> str:
    if re.fullmatch(r"[0-9]{1,3}", read) and 1 <= int(read) <= 100:
        return f"{read}%"
    if re.fullmatch(r"0?\.[0-9]{1,4}", read):
        return f"{float(read) * 100:g}%"
    return near(read, LEVELS)


# -- what is pasted from the portal --------------------------------------------------------------


def dataset(value: object) -> Address:
    """An id, slug or page address of a dataset."""
    read = text(value).strip()
    found = dataset_address(read)
    if found and not is_resource_id(found.text):
        return found
    if resource_address(read):
        raise wrong("resource_as_dataset")
    lowered = dataset_address(re.sub(r"[\s_]+", "-", read.lower()))
    raise wrong("bad_dataset", lowered.text if lowered and "://" not in read else "")


def resource(value: object) -> Address:
    """An id, permanent link or page address of a resource."""
    if isinstance(value, str) and is_resource_id(value):
        return Address(value, "")
    read = text(value).strip()
    found = resource_address(read)
    if found:
        return found
    if is_dataset_id(read.lower()) or ("://" in read and dataset_address(read)):
        raise wrong("dataset_as_resource")
    digits = re.sub(r"[^0-9a-f]", "", read.lower())
    if len(digits) == 32 and "://" not in read:
        guess = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        raise wrong("bad_resource", guess)
    raise wrong("bad_resource")


# -- keys and patterns ---------------------------------------------------------------------------


def _key_shape(read: str) -> None:
    if re.match(r"(?:https?|s3)://", read):
        path = path_of(read).lstrip("/")
        raise wrong("key_is_address", path if read.startswith("s3://") else "")
    if read.startswith("/"):
        raise wrong("key_slash", read.lstrip("/"))
    if read != read.strip():
        raise wrong("key_spaces", read.strip())
    if read.endswith("/"):
        raise wrong("key_folder")
    size = len(read.encode("utf-8", "replace"))
    if size > LONGEST_KEY:
        raise wrong("key_long", size=size, limit=LONGEST_KEY)


def key(value: object) -> str:
    """Exactly one object's key."""
    read = text(value)
    _key_shape(read)
    if "*" in read:
        raise wrong("key_wildcard", f"newest: {read}")
    return composed(read)


def _pattern(value: object) -> Pattern:
    read = text(value)
    _key_shape(read)
    try:
        return Pattern.parse(read)
    except PatternError as error:
        kind = error.facts.get("kind", "")
        guess = near(kind, [k for k in KINDS if k]) if kind else ""
        raise wrong(error.code, guess, **error.facts) from None


def has_wildcard(pattern: Pattern) -> bool:
    return "*" in pattern.text or bool(pattern.variables)


def newest(value: object) -> Pattern:
    found = _pattern(value)
    if not has_wildcard(found):
        raise wrong("newest_without_wildcard", f"object: {found.text}")
    return found


def each(value: object) -> Pattern:
    found = _pattern(value)
    if not has_wildcard(found):
        raise wrong("each_without_variable", f"object: {found.text}")
    return found


def ignored_name(value: object) -> str:
    """A glob on the last segment of a key."""
    read = text(value)
    if "/" in read:
        raise wrong("ignore_slash", read.rstrip("/").rsplit("/", 1)[-1])
    return composed(read)
