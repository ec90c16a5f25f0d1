"""Addresses are known for what they are, in every spelling that a resolver takes."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.hosts import address_of, is_loopback, is_nobodys, is_public

NUMBERS = st.sampled_from([0, 1, 8, 10, 127, 169, 254, 255, 256, 43518, 65535, 2852039166, 2**32])
FORMS = st.sampled_from(["{}", "0{:o}", "0x{:x}", "0X{:X}"])
SPELT = st.builds(lambda number, form: form.format(number), NUMBERS, FORMS)


@given(st.lists(SPELT, min_size=1, max_size=5).map(".".join))
def test_an_address_is_read_as_inet_aton_reads_it(written: str) -> None:
    try:
        known = IPv4Address(socket.inet_aton(written))
    except OSError:
        known = None
    assert address_of(written) == known


def spellings(address: str) -> list[str]:
    number = int(IPv4Address(address))
    a, b, c, d = address.split(".")
    return [
        address,
        f"{address}.",
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"{a}.{number & 0xFFFFFF}",
        f"0{int(a):o}.0x{int(b):x}.{c}.{d}",
        f"::ffff:{address}",
        f"[::FFFF:{number >> 16:x}:{number & 0xFFFF:x}]",
        f"::{address}",
        f"64:ff9b::{address}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1",
        address.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}),
        address.replace(".", "。"),
    ]


@pytest.mark.parametrize(
    "host",
    [
        *spellings("169.254.169.254"),
        *spellings("169.254.0.1"),
        *spellings("100.100.100.200"),
        "fe80::1",
        "[fe80::1%eth0]",
        "fd00:ec2::254",
        "FD00:0EC2:0:0::254",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
        "metadata",
        "instance-data.ec2.internal",
    ],
)
def test_what_is_nobodys_endpoint_is_known_however_it_is_written(host: str) -> None:
    assert is_nobodys(host)
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [*spellings("127.0.0.1"), *spellings("127.8.9.1"), "localhost", "S3.localhost.", "[::1]"],
)
def test_this_machine_is_known_however_it_is_written(host: str) -> None:
    assert is_loopback(host)
    assert not is_nobodys(host)


@pytest.mark.parametrize(
    "host",
    [
        *("www.data.gouv.fr", "10.0.0.1", "192.168.1.1", "fd00::1", "s3", "169.254.example.fr"),
        *("metadata.example.fr", "8.8.8.8", "2606:4700::1111", "169.255.1.1", "a169.254.169.254"),
    ],
)
def test_any_other_host_may_be_an_endpoint_and_is_not_this_machine(host: str) -> None:
    assert not is_nobodys(host)
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        *(*spellings("10.1.2.3"), *spellings("192.168.0.1"), "127.0.0.1", "::1", "fd12::1"),
        *("fe80::1", "::", "100.64.0.1", "224.0.0.1", "ff02::1", "172.16.0.1", "198.18.0.1"),
    ],
)
def test_private_addresses_are_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize("host", [*spellings("8.8.8.8"), "2606:4700::1111", "www.data.gouv.fr"])
def test_addresses_of_the_internet_are_public(host: str) -> None:
    assert is_public(host)
