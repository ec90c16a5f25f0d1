"""A contact's link opens one dataset's deposits, for a time, and for that contact alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.notify.alerts import Delivery
from syncd.notify.links import PREFIX, linking, read, token
from syncd.notify.messages import message
from tests.support.alert_builders import alert
from tests.support.builders import DATASET, NOW

KEY, CONTACT = "k" * 43, "musees@ville.example"
SOON = NOW + timedelta(days=30)


def test_a_link_says_which_dataset_and_until_when() -> None:
    link = read(token(KEY, "liste-des-musées", CONTACT, SOON))
    assert link is not None
    assert (link.dataset, link.until) == ("liste-des-musées", SOON.replace(microsecond=0))
    assert link.is_genuine(KEY, CONTACT)
    assert link.is_genuine(KEY, CONTACT.upper())


def test_another_key_or_contact_makes_it_worthless() -> None:
    link = read(token(KEY, DATASET, CONTACT, SOON))
    assert link is not None
    assert not link.is_genuine("l" * 43, CONTACT)
    assert not link.is_genuine(KEY, "autre@ville.example")
    assert not link.is_genuine(KEY, "")


def test_nothing_in_it_can_be_changed() -> None:
    whole = token(KEY, DATASET, CONTACT, SOON)
    for at, letter in enumerate(whole):
        other = "A" if letter != "A" else "B"
        link = read(f"{whole[:at]}{other}{whole[at + 1 :]}")
        changed = link is not None and link.is_genuine(KEY, CONTACT)
        # The last letter of base64 has bits that stand for nothing: it is compared as written.
        assert not changed, at


def test_no_link_without_a_contact_is_genuine() -> None:
    link = read(token(KEY, DATASET, "", SOON))
    assert link is not None
    assert not link.is_genuine(KEY, "")


@given(st.text(max_size=300))
def test_whatever_is_given_is_read_or_not(given: str) -> None:
    link = read(given)
    assert link is None or not link.is_genuine(KEY, CONTACT)


@pytest.mark.parametrize(
    "given", ["", "a.b", "..", "a.zz.c", f"a.{'f' * 400}.c", "é.1.c", "a.-1.c"]
)
def test_what_is_no_token_is_none_or_worth_nothing(given: str) -> None:
    link = read(given)
    assert link is None or not link.is_genuine(KEY, CONTACT)


def test_a_contact_is_told_the_link_and_nobody_else() -> None:
    told = linking(KEY, "https://syncd.ville.example", timedelta(days=30))

    def link(dataset: str, contact: str) -> str:
        return told(dataset, contact, NOW)

    body = message(Delivery(CONTACT, (alert(),)), link).body
    (line,) = [one for one in body.splitlines() if "Your deposits" in one]
    given = read(line.partition(f"https://syncd.ville.example{PREFIX}")[2])
    assert given is not None
    assert given.is_genuine(KEY, CONTACT)
    assert given.dataset == alert().dataset
    assert PREFIX not in message(Delivery("", (alert(),)), link).body
    assert PREFIX not in message(Delivery(CONTACT, (alert(),))).body
