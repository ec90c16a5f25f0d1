"""What one file that was replaced, and one resource that was made, have become in the end."""

from __future__ import annotations

from tests.support.sync_harness import House


def assert_replaced_and_made(house: House, replaced: str, new: bytes, year: bytes) -> None:
    """After clean cycles: as if nothing had gone wrong. `year`: of the resource that was made."""
    house.portal.faults.clear()
    for pause in (60, 24 * 3600 + 1, 60):  # what the portal refused is tried again the next day
        house.pass_time(pause)
        report = house.sync()
    assert report.summary == {"unchanged": 2}, report
    made = [r for r in house.resources() if r.id != replaced]
    assert [(r.title, list(r.extras)) for r in made] == [("Festivals 2024", ["syncd:source"])]
    assert house.bytes_online(made[0].id) == year
    first = house.online(replaced)
    assert (first.title, first.description) == ("Titre humain", "Mots de la personne")
    assert first.extras == {"note": "à garder"}
    assert house.bytes_online(replaced) == new
    assert house.open_intents() == 0
    assert house.spool_is_empty()
