"""What the name or the address of a host says of it, in whatever way it is written. Pure."""

from __future__ import annotations

import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote

Address = IPv4Address | IPv6Address

# Where a machine in a cloud is told its own keys, whoever asks from within: nobody's endpoint.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html,
# https://cloud.google.com/compute/docs/metadata/querying-metadata, and so for the others.
_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com"}
    | {"instance-data", "instance-data.ec2.internal", "metadata.platformequinix.com"}
    | {"metadata.service.consul", "metadata.nvidia.internal"}
)
_LINK_LOCAL_AND_METADATA = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # RFC 3927; AWS, Azure, Google, OpenStack, Scaleway… at .169.254
            "fe80::/10",  # RFC 4291 §2.5.6
            "fd00:ec2::/32",  # AWS
            "fd20:ce::254/128",  # Google
            "fd00:42::42/128",  # Scaleway
            "100.100.100.200/32",  # Alibaba
            "168.63.129.16/32",  # Azure's own agent
            "192.0.0.192/32",  # Oracle, of old
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 §2.5.5.1
_SPECIAL = 2  # `::` and `::1` are in there, too, and are no IPv4 addresses


def address_of(host: str) -> Address | None:
    """The address that a host is written as; None for a name.

    In all spellings that inet_aton(3) takes, since resolvers do: decimal, octal, hexadecimal, in
    one to four parts. An IPv4 address within an IPv6 one is that IPv4 address.
    """
    text = _plain(host).partition("%")[0]
    if ":" in text:
        try:
            return _innermost(ip_address(text))
        except ValueError:
            return None
    return _of_parts(text.split("."))


def is_loopback(host: str) -> bool:
    """Whether what is sent there does not leave this machine (RFC 6761 §6.3 for the names)."""
    address = address_of(host)
    if address is not None:
        return address.is_loopback
    return _plain(host) == "localhost" or _plain(host).endswith(".localhost")


def is_nobodys(host: str) -> bool:
    """Whether this is a link-local address, or where a cloud tells a machine its keys."""
    address = address_of(host)
    if address is None:
        return _plain(host) in _METADATA_NAMES
    return any(address in network for network in _LINK_LOCAL_AND_METADATA)


def leads_to_nobody(url: str) -> bool:
    """Whether an address of any scheme names such a host: nothing that we are given may.

    By what stands in the host's place, which in some of apprise's addresses is a token.
    """
    authority = re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r"(?<=\]):\d*$|^([^:]*):\d*$", r"\1", unquote(authority).strip())
    return is_nobodys(host)


def is_public(host: str) -> bool:
    """Whether an address is one of the Internet's. A name is, as far as is known here."""
    address = address_of(host)
    return address is None or (address.is_global and not address.is_multicast)


def _plain(host: str) -> str:
    """As a resolver takes it: wide figures and dots are ordinary ones (RFC 3491), no final dot."""
    return unicodedata.normalize("NFKC", host).replace("。", ".").strip("[]").lower().rstrip(".")


def _innermost(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is None and address in _COMPATIBLE and int(address) >= _SPECIAL:
        inner = IPv4Address(int(address))
    return inner or address


def _of_parts(parts: list[str]) -> IPv4Address | None:
    try:
        numbers = [_number(part) for part in parts]
    except ValueError:
        return None
    *before, last = numbers
    if len(numbers) > 4 or any(number > 255 for number in before):
        return None
    left = 4 - len(before)  # bytes that the last number stands for
    if last >= 256**left:
        return None
    high = sum(number << (24 - 8 * place) for place, number in enumerate(before))
    return IPv4Address(high + last)


def _number(text: str) -> int:
    if not text.isascii() or not text.isalnum() or len(text) > 12:
        raise ValueError(text)
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)
