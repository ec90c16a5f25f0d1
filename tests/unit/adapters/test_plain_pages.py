"""A listing that is read without a parser of XML says what a parser would have read."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.adapters.s3 import plain_pages
from syncd.core.errors import SourceError
from syncd.core.objects import Version
from tests.support.clients import versions_of
from tests.support.examples import examples
from tests.support.network.misbehaving import misbehaving
from tests.unit.adapters.test_odd_s3_answers import BODIES, GOOD, ODD, Server, worded

# dateutil, by which botocore reads odd dates, warns of some.
pytestmark = pytest.mark.filterwarnings("ignore:tzname:RuntimeWarning")

OWNER = "<Owner><ID>1</ID><DisplayName>Préfecture</DisplayName></Owner>"
LAYOUTS = {
    "Amazon's": "<Key>{k}</Key><LastModified>{d}</LastModified><ETag>{e}</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    "<Size>{s}</Size><StorageClass>STANDARD</StorageClass>",
    "Ceph's": "<Key>{k}</Key><LastModified>{d}</LastModified><ETag>{e}</ETag><Size>{s}</Size>"
    "<StorageClass>STANDARD</StorageClass>" + OWNER + "<Type>Normal</Type>",
    "MinIO's": "<Key>{k}</Key><LastModified>{d}</LastModified><ETag>{e}</ETag><Size>{s}</Size>"
    + OWNER
    + "<StorageClass>STANDARD</StorageClass>",
    "SeaweedFS's": "<Key>{k}</Key><ETag>{e}</ETag><Size>{s}</Size>"
    "<StorageClass>STANDARD</StorageClass><LastModified>{d}</LastModified>",
    "the shortest": "<Size>{s}</Size><LastModified>{d}</LastModified><ETag>{e}</ETag>"
    "<Key>{k}</Key>",
}
USUAL = {"k": "a%2Fb%20c.csv", "d": "2026-01-01T00:00:00.000Z", "e": "&quot;e&quot;", "s": "5"}

KEYS = st.sampled_from(
    ["a.csv", "a/%C3%A9t%C3%A9.csv", "a+b", "é", "a&amp;b", "a>b", "%22", "%2", "x\ty", " a "]
)
DATES = st.sampled_from(
    [
        *(
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00.999+01:00",
            "2026-01-01",
            "2026-01-01T00:00",
        ),
        *(
            "Thu, 01 Jan 2026 00:00:00 GMT",
            "1767225600",
            "20260101T000000Z",
            " 2026-01-01T00:00:00Z",
        ),
        *("0001-01-01T00:00:00+05:00", "9998-12-31T23:59:59Z", "2026-02-30T00:00:00Z", ""),
    ]
)
ETAGS = st.sampled_from(["&quot;e&quot;", "&#34;e-2&#34;", '"e"', "e", "W/&quot;e&quot;", '""', ""])
SIZES = st.sampled_from(["0", "5", "007", " 5 ", "1_000", "٣", "-1", "5.0", str(2**63), ""])
MOSTLY = {
    "k": st.one_of(st.just(USUAL["k"]), KEYS),
    "d": st.one_of(st.just(USUAL["d"]), DATES),
    "e": st.one_of(st.just(USUAL["e"]), ETAGS),
    "s": st.one_of(st.just(USUAL["s"]), SIZES),
}
ENTRIES = st.builds(
    lambda layout, values, unusual: layout.format(**{**values, **unusual}),
    st.sampled_from(list(LAYOUTS.values())),
    st.fixed_dictionaries({"k": KEYS, "d": st.just(USUAL["d"]), "e": ETAGS, "s": st.just("5")}),
    st.fixed_dictionaries({}, optional=MOSTLY),
)
# Where anything may be put that a hostile or a broken server thinks of.
INSERTED = st.sampled_from(
    [
        *("<a/>", "<a></a>", "<a>x</a>", "<a>", "</a>", "<a b='c'/>", "<!-- -->", "<!-- ", " -->"),
        *("<![CDATA[", "]]>", "<?x y?>", "&x;", "&lt;", "&#0;", "&#1;", "\0", "\x01", "\ufffe"),
        *("<Contents>", "</Contents>", "<Contents/>", "<Key>x</Key>", "<Size>9</Size>", "\n", " "),
        *("<Owner>", "</Owner>", "<Owner><Key>x</Key></Owner>", "<Key/>", "</Key>", "<", ">", "\r"),
        *("<EncodingType>url</EncodingType>", "<IsTruncated>true</IsTruncated>", "<Contents >"),
        *("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>", "<x:Contents/>", "é", "\udc80"),
        '<!DOCTYPE a [<!ENTITY x "y">]>',
    ]
)


def page(*entries: str, encoding: str = "<EncodingType>url</EncodingType>") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>depot</Name>'
        f"<Prefix></Prefix><KeyCount>{len(entries)}</KeyCount>{encoding}"
        f"<IsTruncated>false</IsTruncated>"
        + "".join(f"<Contents>{entry}</Contents>" for entry in entries)
        + "</ListBucketResult>"
    )


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with misbehaving() as found:
        made = Server(found)
        yield made
        made.source.close()


def read_both_ways(server: Server, body: bytes) -> list[Version] | None:
    """None where it is refused, by both."""
    found = listed(server, body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_pages, "split", lambda _: None)
        assert listed(server, body) == found, body
    return found


def listed(server: Server, body: bytes) -> list[Version] | None:
    server.answers(body)
    try:
        return list(versions_of(server.source, "", recursive=True))
    except SourceError as error:
        worded(error)
        return None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_usual_page_takes_no_parser(server: Server, layout: str) -> None:
    entries = [LAYOUTS[layout].format(**{**USUAL, "s": str(n)}) for n in range(3)]
    body = page(*entries).encode()

    plain = plain_pages.split(body)

    assert plain is not None
    assert plain.rest == body.replace(
        "".join(f"<Contents>{e}</Contents>" for e in entries).encode(), b""
    )
    found = read_both_ways(server, body)
    assert found is not None
    assert [(v.key, v.fingerprint.size) for v in found] == [("a/b c.csv", n) for n in range(3)]


def test_elements_that_only_some_entries_have_take_no_parser(server: Server) -> None:
    body = page(*(layout.format(**USUAL) for layout in LAYOUTS.values() if layout[:5] == "<Key>"))
    mixed = page(*(LAYOUTS[name].format(**USUAL) for name in ("Amazon's", "Ceph's", "MinIO's")))
    assert plain_pages.split(mixed.encode()) is not None
    assert plain_pages.split(body.encode()) is None  # another order
    for one in (body, mixed):
        assert read_both_ways(server, one.encode()) is not None


@pytest.mark.parametrize("between", ["IsTruncated", "NextContinuationToken", "EncodingType"])
def test_what_a_server_says_between_two_entries_is_not_lost(server: Server, between: str) -> None:
    entries = [LAYOUTS[name].format(**{**USUAL, "k": "a+b"}) for name in ("Ceph's", "MinIO's")]
    said = f"</Contents><{between}>true</{between}><Contents>"
    read_both_ways(server, page(*entries).replace("</Contents><Contents>", said).encode())
    whole = page(*entries).replace("<IsTruncated>false</IsTruncated>", "").encode()
    assert read_both_ways(server, whole) is None


@pytest.mark.parametrize("what", BODIES)
def test_a_listing_that_is_none_is_read_or_refused_alike(server: Server, what: str) -> None:
    read_both_ways(server, BODIES[what])


@given(st.lists(ENTRIES, max_size=3), st.sampled_from(["", "<EncodingType>url</EncodingType>"]))
def test_values_are_read_alike(server: Server, entries: list[str], encoding: str) -> None:
    read_both_ways(server, page(*entries, encoding=encoding).encode())


@given(st.lists(ENTRIES, min_size=1, max_size=2), st.data())
def test_a_page_with_anything_in_it_is_read_alike(
    server: Server, entries: list[str], data: st.DataObject
) -> None:
    body = page(*entries)
    places = [at for at, sign in enumerate(body) if sign in "<>"]
    for text in data.draw(st.lists(INSERTED, min_size=1, max_size=2)):
        at = data.draw(st.sampled_from(places)) + data.draw(st.integers(0, 1))
        body = body[:at] + text + body[at:]
    read_both_ways(server, body.encode("utf-8", "surrogateescape"))


def test_a_page_that_lost_or_changed_a_byte_is_read_alike(server: Server) -> None:
    whole = page(*(layout.format(**USUAL) for layout in list(LAYOUTS.values())[:2])).encode()
    chosen = random.Random(1)
    for _ in range(examples(200)):
        at = chosen.randrange(len(whole))
        lost = whole[:at] + whole[at + chosen.randint(1, 9) :]
        changed = whole[:at] + bytes([chosen.randrange(256)]) + whole[at + 1 :]
        for body in (lost, changed, whole[:at]):
            read_both_ways(server, body)


@pytest.mark.parametrize("odd", ODD)
def test_each_odd_value_is_read_alike_in_each_place(server: Server, odd: str) -> None:
    for place in USUAL:
        entries = [LAYOUTS["SeaweedFS's"].format(**{**USUAL, place: one}) for one in ("7", odd)]
        read_both_ways(server, page(*entries).encode("utf-8", "surrogateescape"))


def test_an_entry_of_very_many_elements_is_left_to_the_parser(server: Server) -> None:
    many = "".join(f"<a{n}>x</a{n}>" for n in range(10_000))
    body = page(LAYOUTS["the shortest"].format(**USUAL) + many).encode()
    assert plain_pages.split(body) is not None  # what nobody reads is left out
    wide = page(LAYOUTS["the shortest"].format(**USUAL) + f"<a>{many}</a>").encode()
    for one in (body, wide, GOOD):
        assert read_both_ways(server, one)
