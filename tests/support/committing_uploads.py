"""Uploads of the four kinds whose committing request is answered by something on the way."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from syncd.core.records import Outcome
from syncd.simulator.faults import Fault
from tests.support import sync_harness as house_module
from tests.support.clients import http_portal
from tests.support.sync_harness import House

PART = 1000
NEW = b"id,nom\n" + b"1,chene\n" * 400  # 3207 bytes: four parts, and a last request
STATUSES = (
    *(300, 301, 302, 303, 304, 307, 308),
    *(400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417),
    *(418, 421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499),
    *(500, 501, 502, 503, 504, 507, 511, 520, 599),
    *(200, 201, 202, 204, 206),  # with a body that is not the portal's
)
SOME = (
    *(200, 301, 302, 307, 400, 401, 403, 404, 408, 409, 410, 413, 418),
    *(422, 423, 425, 429, 451, 500, 502, 503),
)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KINDS = ("replace", "replace in parts", "create", "create in parts")


def elsewhere(status: int) -> dict[str, str]:
    """The headers that an answer of this status needs."""
    return {"Location": "https://filtre.example/"} if status in REDIRECTS else {}


def table(*whole: str) -> list[Any]:
    """Every status with these kinds, and some with the others; six of seven for `make stress`.

    Each kind begins elsewhere, so that `make test` meets many of them.
    """
    return [
        pytest.param(kind, status, marks=[pytest.mark.stress] if number % 7 else [])
        for kind in KINDS
        for number, status in enumerate(STATUSES if kind in whole else SOME, start=len(kind))
    ]


class Place:
    """A dataset with one resource of a person's; the manifest replaces it, or makes another."""

    def __init__(self, house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.creates = house, kind.startswith("create")
        if kind.endswith("in parts"):
            small = partial(http_portal, part_threshold=PART, part_size=PART)
            monkeypatch.setattr(house_module, "http_portal", small)
        self.parts = 4 if kind.endswith("in parts") else 0
        self.stood = house.resource("Titre humain")
        if self.creates:
            house.entry(each="f/f_{annee:yyyy}.csv", title="Festivals {annee}", create=True)
            house.bucket.put("f/f_2024.csv", NEW)
        else:
            house.target(self.stood, "a.csv")
            house.bucket.put("a.csv", NEW)

    @property
    def done(self) -> Outcome:
        return Outcome.CREATED if self.creates else Outcome.REPLACED

    def spoil(self, **fault: Any) -> Fault:
        """The last request of the upload, which commits it."""
        faults = self.house.portal.faults
        return faults.add(method="POST", path="/upload/$", after=self.parts, **fault)

    def refuse_everything(self, status: int) -> None:
        """From now on the filter answers all that is asked, and lets nothing through."""
        self.house.portal.faults.add(status=status, times=None)

    def assert_right(self, *, remembered: int = 0) -> None:
        """The file is online once, known as ours, under the title that it must have.

        `remembered`: refused uploads of which something may still come.
        """
        house = self.house
        made = self.assert_online()
        (line,) = (one for one in house.history(made) if one.act.value == self.done.value)
        assert line.title == house.online(made).title
        assert house.open_intents() == 0
        assert house.intents() == remembered
        assert house.uploads() == 1 + self.parts
        self.assert_idle()

    def assert_online(self, title: str = "Titre humain") -> str:
        """The id of the resource that has the file. `title`: of the one that a person made."""
        house = self.house
        house.portal.faults.clear()
        titles = {one.id: one.title for one in house.resources()}
        if self.creates:
            (made,) = (one for one in house.resources() if one.id != self.stood)
            assert sorted(titles.values()) == ["Festivals 2024", title]
            assert list(made.extras) == ["syncd:source"]
        else:
            made = house.online(self.stood)
            assert list(titles.values()) == [title]
        assert house.bytes_online(made.id) == NEW
        return made.id

    def assert_idle(self) -> None:
        """The next cycle asks the portal for nothing."""
        self.house.portal.journal.clear()
        self.house.pass_time(60)
        assert self.house.sync_one().outcome is Outcome.UNCHANGED
        assert self.house.portal.requests == []
