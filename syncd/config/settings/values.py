"""How the value of one setting must look, and what is made of it; a code says what is wrong."""

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from syncd.config.regular_files import NotRegular, read_regular
from syncd.config.settings.secrecy import Address
from syncd.core.addresses import portal_url
from syncd.core.hosts import is_loopback, leads_to_nobody
from syncd.core.reasons import Fact
from syncd.core.unseen import in_sight

SHORTEST_KEY, LONGEST_NAME = 32, 254  # characters; the latter as of a mail address (RFC 5321)
PART_SIZES = (1_000_000, 100_000_000)  # bytes; the portal holds a part whole in its memory


def _wrong(code: str, **facts: Fact) -> PydanticCustomError:
    # pydantic cannot hold the surrogates that stand for bytes of a path that is no UTF-8.
    seen = {name: in_sight(one) if isinstance(one, str) else one for name, one in facts.items()}
    return PydanticCustomError(code, "refused", seen)


def _printable(value: SecretStr) -> SecretStr:
    """A credential goes into a header: no space, no control character, ASCII only."""
    secret = value.get_secret_value().strip()
    if not re.fullmatch(r"[!-~]+", secret):
        raise _wrong("setting_secret_characters")
    return SecretStr(secret)


def database(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if re.fullmatch(r"sqlite:///\S.*", url):
        return Address(url)
    scheme = re.match(r"[a-z][a-z0-9]{0,19}(?=(?:\+[a-z0-9]+)?://)", url)
    if scheme is None:
        raise _wrong("setting_no_database")
    if scheme.group() not in {"postgresql", "postgres"}:
        raise _wrong("setting_database", scheme=scheme.group())
    try:
        parts = urlsplit(url)
        fine = bool(parts.hostname) and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        fine = False
    # Else a part of the password would be taken for the host, and be named.
    misread = url.count("@") > 1 or re.search(r"%(?![0-9A-Fa-f]{2})", url)
    if misread or not fine:
        raise _wrong("setting_postgresql")
    return Address(url)


def proxy(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine:
        raise _wrong("setting_proxy")
    _must_be_somebodys(url)
    return Address(url)


def _size(value: str, read: ValidatorFunctionWrapHandler) -> ByteSize:
    try:
        found: ByteSize = read(value)
    except OverflowError:  # of thousands of digits, in the oldest pydantic that we allow
        raise PydanticCustomError("byte_size", "refused") from None
    return found


Size = Annotated[ByteSize, WrapValidator(_size)]


def part_size(value: ByteSize) -> ByteSize:
    least, most = PART_SIZES
    if not least <= value <= most:
        raise _wrong("setting_part_size", least=least, most=most)
    return value


def listen(value: str) -> str:
    """`HOST:PORT`, `[::1]:PORT` or `off`."""
    address = value.strip().lower()
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+):([0-9]{1,5})", address)
    if address != "off" and (found is None or int(found[2]) > 65535):
        raise _wrong("setting_listen", read=address[:80])
    return address


def web(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if not re.fullmatch(r"https?://[^\s/]+\S*", url):
        raise _wrong("setting_web")
    _must_be_somebodys(url)
    return SecretStr(url)


def _must_be_one(url: str, code: str) -> None:
    """What only looks like an address: no client takes it for one."""
    try:
        portal_url(url)
    except ValueError:
        raise _wrong(code) from None


def _must_be_somebodys(url: str) -> None:
    if leads_to_nobody(url):
        raise _wrong("setting_nobodys_address")


def contact(value: SecretStr) -> SecretStr:
    url = value.get_secret_value().strip()
    if "://" not in url or "{contact}" not in url:
        raise _wrong("setting_contact")
    _must_be_somebodys(url)
    return SecretStr(url)


def archive(value: str) -> str:
    """`s3://bucket/prefix/`, with a slash at its end, or `s3://bucket/`."""
    address = value.strip()
    found = re.fullmatch(r"s3://([a-zA-Z0-9][a-zA-Z0-9._-]{1,62})(?:/([^\s?#]*))?", address)
    if found is None:
        raise _wrong("setting_archive")
    prefix = (found[2] or "").strip("/")
    return f"s3://{found[1]}/{prefix}/" if prefix else f"s3://{found[1]}/"


def server(value: str) -> str:
    url = value.strip().rstrip("/")
    if not re.fullmatch(r"https?://(\[[0-9a-fA-F:.]+\]|[^\s/@?#:]+)(:[0-9]{1,5})?", url):
        raise _wrong("setting_server")
    _must_be_one(url, "setting_server")
    _must_be_somebodys(url)
    return url


def page_url(value: str) -> str:
    """Scheme, host and port alone. Cookies for it go over TLS, or stay on this machine."""
    url = server(value.lower())
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise _wrong("setting_https")
    return url


def mail_or_page(value: str) -> str:
    found = value.strip()
    if not re.fullmatch(r"https://[^\s/]+\S*|[^\s@/<>:?&]+@[^\s@/<>:?&]+", found):
        raise _wrong("setting_mail_or_page")
    return found


def issuer(value: str) -> str:
    """As it calls itself, which is not always without a slash at its end."""
    url = value.strip()
    parts = re.fullmatch(
        r"(https?)://(\[[0-9a-fA-F:.]+\]|[^\s/@?#:]+)(:[0-9]{1,5})?(/[^\s?#]*)?", url
    )
    if parts is None or (parts[1] != "https" and not is_loopback(parts[2])):
        raise _wrong("setting_https")
    _must_be_one(url, "setting_https")
    _must_be_somebodys(url)
    return url


def _words(value: object) -> object:
    return tuple(re.split(r"[\s,]+", value.strip(" ,\t\n"))) if isinstance(value, str) else value


def _seen(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(one.isprintable() and len(one) <= LONGEST_NAME for one in values):
        raise _wrong("setting_invalid")
    return values


def networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for one in values:
        try:
            ip_network(one)
        except ValueError:
            raise _wrong("setting_networks", read=one[:80]) from None
    return values


def header(value: str) -> str:
    """RFC 9110, 5.1."""
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", value):
        raise _wrong("setting_invalid")
    return value


def key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < SHORTEST_KEY:
        raise _wrong("setting_short_key", least=SHORTEST_KEY)
    return _printable(value)


def scope(value: str) -> str:
    """RFC 6749, 3.3; also fit for a client's name (appendix A.1)."""
    words = value.split()
    if not all(re.fullmatch(r"[!#-\[\]-~]{1,200}", one) for one in words):
        raise _wrong("setting_invalid")
    return " ".join(words)


def siret(value: str) -> str:
    digits = re.sub(r"\s", "", value)
    if not re.fullmatch(r"[0-9]{14}", digits):
        raise _wrong("setting_siret")
    return digits


def notify(value: SecretStr) -> SecretStr:
    urls = value.get_secret_value().split()
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", url) for url in urls):
        raise _wrong("setting_notify")
    for one in urls:
        _must_be_somebodys(one)
    return SecretStr("\n".join(urls))


def _nameable(path: Path) -> Path:
    if "\0" in str(path):  # as a secret file's content may hold
        raise _wrong("setting_invalid")
    return path


def certificates(path: Path) -> Path:
    try:
        content = read_regular(path)
    except NotRegular:
        content = b""
    except OSError as error:
        detail = error.strerror or ""
        raise _wrong("setting_file_unreadable", path=str(path), detail=detail) from None
    if b"-----BEGIN " not in content:
        raise _wrong("setting_not_certificates", path=str(path))
    return path


def lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Names = Annotated[Words, AfterValidator(_seen)]
Credential = Annotated[SecretStr, AfterValidator(_printable)]
Place = Annotated[Path, AfterValidator(_nameable)]
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
