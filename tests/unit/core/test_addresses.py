"""What people paste, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.addresses import (
    Address,
    dataset_address,
    is_dataset_id,
    is_resource_id,
    is_slug,
    path_of,
    portal_url,
    resource_address,
)

D = "5d2c4f6e8b4c4110c5a1b2c3"
R = "47ac11c2-8a00-46a7-9fa8-9b802643f975"
WWW = "https://www.data.gouv.fr"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://www.data.gouv.fr", WWW),
        (" HTTPS://WWW.Data.gouv.fr:443/fr/ ", WWW),
        ("http://localhost:7000/api/1/", "http://localhost:7000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:7000/", "http://[::1]:7000"),
        ("https://données.example.fr", "https://données.example.fr"),
        ("http://my_host:1", "http://my_host:1"),
    ],
)
def test_a_portal_has_one_spelling(text: str, expected: str) -> None:
    assert portal_url(text) == expected
    assert portal_url(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "www.data.gouv.fr",
        "ftp://www.data.gouv.fr",
        "https://",
        "https:///datasets",
        "https://www.data gouv.fr",
        "https://a:port",
        "https://a:99999",
        "https://[::1",
        "https://-/",
        "https://a,b",
        "https://<host>",
        "https://xn--/",
        "https://a\u2100b.example",
    ],
)
def test_what_is_no_web_address_is_no_portal(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the contract is any ValueError
        portal_url(text)


@pytest.mark.parametrize(
    ("text", "found", "portal"),
    [
        (D, D, ""),
        (f"  {D.upper()} ", D, ""),
        ("liste-des-musees", "liste-des-musees", ""),
        (f"{WWW}/fr/datasets/liste-des-musees/", "liste-des-musees", WWW),
        (f"{WWW}/datasets/liste-des-musees", "liste-des-musees", WWW),
        (f"{WWW}/en/datasets/{D}/?a=b#/resources/{R}", D, WWW),
        (f"{WWW}/api/1/datasets/{D}/resources/{R}/", D, WWW),
        (f"{WWW}/api/2/datasets/{D}/", D, WWW),
        (f"{WWW}/admin/datasets/{D}", D, WWW),
        (f"{WWW}/fr/admin/dataset/{D}/", D, WWW),
        (f"{WWW}/datasets/{D.upper()}", D, WWW),
    ],
)
def test_a_dataset_is_found(text: str, found: str, portal: str) -> None:
    address = dataset_address(text)
    assert address == Address(found, portal)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Liste des musées",
        "-a",
        f"{WWW}/fr/datasets/r/{R}",
        f"{WWW}/",
        f"{WWW}/fr/datasets/",
        "://",
    ],
)
def test_what_names_no_dataset_is_none(text: str) -> None:
    assert dataset_address(text) is None


@pytest.mark.parametrize(
    ("text", "portal"),
    [
        (R, ""),
        (f" {R.upper()} ", ""),
        (f"{WWW}/fr/datasets/r/{R}", WWW),
        (f"{WWW}/api/1/datasets/r/{R}", WWW),
        (f"{WWW}/datasets/musees/#/resources/{R}", WWW),
        (f"{WWW}/fr/datasets/musees/#resource-{R}", WWW),
        (f"{WWW}/datasets/musees?resource_id={R}", WWW),
        (f"{WWW}/api/1/datasets/{D}/resources/{R}/", WWW),
        (f"{WWW}/admin/datasets/{D}/resources/{R.upper()}", WWW),
    ],
)
def test_a_resource_is_found(text: str, portal: str) -> None:
    assert resource_address(text) == Address(R, portal)


@pytest.mark.parametrize(
    "text", ["", D, "musees", f"{WWW}/datasets/{D}/", f"{R}0", "https://[", "http:// "]
)
def test_what_names_no_resource_is_none(text: str) -> None:
    assert resource_address(text) is None


@pytest.mark.parametrize("host", ["a.example", "[::1]", "[::1", "a\u2100b.example", ""])
def test_whatever_the_host_is_the_path_is_the_path(host: str) -> None:
    assert path_of(f"https://{host}/un/deux.csv") == "/un/deux.csv"


def test_ids_and_slugs_are_told_apart() -> None:
    assert is_dataset_id(D)
    assert not is_dataset_id(R)
    assert not is_dataset_id(D + "\n")
    assert is_resource_id(R)
    assert not is_resource_id(R + "\n")
    assert is_slug("a-b_1")
    assert not is_slug("é")


@given(
    st.text(max_size=60)
    | st.text(alphabet="htps:/[]@#?%.5d2c", max_size=30).map("https://".__add__)
)
def test_any_text_is_taken_apart_or_none(text: str) -> None:
    for address in (dataset_address(text), resource_address(text)):
        assert address is None or address.text
