"""Notifications in French: nothing of them is English, whatever they tell."""

from __future__ import annotations

import pytest

from syncd import text
from syncd.core.reasons import because
from syncd.core.service_records import Alert
from syncd.notify.alerts import Delivery, in_order
from syncd.notify.messages import message
from tests.support.alert_builders import DOWN, SHRUNK, SOON, alert, cycle, of, well
from tests.support.builders import NOW
from tools.french_catalogue import in_english

INNER = because("s3_unreachable", endpoint="https://s3.interne", detail="Connection refused")


@pytest.fixture(autouse=True)
def french() -> None:
    text.speak("fr")


def said(*alerts: Alert, contact: str = "") -> tuple[str, str]:
    """Subject and body, with plain spaces; holds that nothing of them is English."""
    found = message(Delivery(contact, in_order(alerts)))
    assert in_english(f"{found.subject}\n{found.body}") == []
    plain = f"{found.subject}\n{found.body}".replace("\u00a0", " ").replace("\u202f", " ")
    subject, _, body = plain.partition("\n")
    return subject, body


def test_a_held_file_is_told_in_french() -> None:
    subject, body = said(alert(reason=SHRUNK))

    assert subject == "syncd : Liste des musées : retenu"
    lines = body.splitlines()
    assert lines[2].startswith("- retenu : « Les musées » (a.csv), depuis le 10/03/2026 à ")
    assert lines[3].startswith("  Le fichier fait 80 o, soit 61 % de moins que celui en ligne")
    assert lines[-1] == "`syncd status` montre l’état de chaque cible."


def test_good_news_are_told_in_french() -> None:
    subject, body = said(cycle([well()], alert(told_at=NOW), now=SOON).changed[0])

    assert subject == "syncd : Liste des musées : rétabli"
    assert "(avant : retenu)" in body


def test_a_reminder_of_many_is_told_in_french() -> None:
    many = [of(f"{n:03}", f"D{n:03}", "", "failed") for n in range(1234)]

    subject, body = said(*many)

    assert subject.startswith("syncd : 1 234 ressources de 1 234 jeux de données demandent")
    assert "… et 1 229 autres" in body
    assert "(rappel)" in said(alert(told_at=NOW))[0]


def test_a_contact_is_told_why_in_french() -> None:
    assert "vous désigne comme contact" in said(alert(), contact="musees@example.fr")[1]


def test_an_internal_server_is_not_named_and_the_sentence_still_begins_well() -> None:
    body = said(alert("failed", INNER))[1]

    assert "s3.interne" not in body
    assert "  Le serveur S3 est injoignable (connexion refusée)." in body


def test_what_the_network_said_is_french() -> None:
    assert "portal.example est injoignable (connexion refusée)." in said(alert("failed", DOWN))[1]
