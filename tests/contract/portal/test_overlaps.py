"""A person writes on a resource while a file is on its way there: what the portal makes of it.

It reads the resource when the request begins and writes the whole of it when it ends. Then what
syncd makes of that, on both portals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncd.bootstrap import Silence
from syncd.core.ports import Portal, Transfer
from syncd.core.records import Outcome
from syncd.simulator import Simulator
from tests.contract.portal.test_parts import Parts
from tests.support.portal_clients import client, spooled, still
from tests.support.portal_servers import PortalServer
from tests.support.raw_uploads import connect, raw_upload
from tests.support.sync_harness import House, Killed

BEFORE: dict[str, Any] = {
    "title": "Liste des musées",
    "description": "Avant.",
    "type": "main",
    "schema": None,
    "extras": {"note": "avant", "autre": 1},
}
DURING: dict[str, Any] = {
    "title": "Les musées",
    "description": "Pendant.",
    "type": "update",
    "schema": {"name": None, "url": "https://example.org/schema.json", "version": None},
    "extras": {"note": "pendant", "nouveau": 2},
}
LARGE = b"0123456789abcdef" * 40_000
NEW = b"id\n" + b"1\n" * 200_000  # several reads of the client


def written(portal_server: PortalServer) -> tuple[str, str]:
    dataset = portal_server.new_dataset()
    resource = portal_server.upload(dataset, "a.csv", b"id\n0\n")["id"]
    portal_server.edit(dataset, resource, **BEFORE)
    return dataset, resource


def words(portal_server: PortalServer, dataset: str, resource: str) -> dict[str, Any]:
    found = portal_server.resource(dataset, resource)
    return {name: found[name] for name in BEFORE}


def until_it_has_begun(portal_server: PortalServer, dataset: str) -> None:
    for _ in range(12):  # a request that came before these is well under way
        portal_server.dataset(dataset)


@contextmanager
def on_its_way(portal_server: PortalServer, dataset: str, resource: str) -> Iterator[None]:
    """A replacement of which the portal has the first half; the rest leaves at the end."""
    path = f"/api/1/datasets/{dataset}/resources/{resource}/upload/"
    whole = raw_upload(portal_server, path, "nouveau.csv", LARGE)
    with connect(portal_server) as connection:
        connection.sendall(whole[: len(whole) // 2])
        until_it_has_begun(portal_server, dataset)
        yield
        connection.sendall(whole[len(whole) // 2 :])
        assert b" 200 " in connection.recv(65536)


def test_a_replacement_writes_back_all_that_the_resource_was_when_it_began(
    portal_server: PortalServer,
) -> None:
    dataset, resource = written(portal_server)
    with on_its_way(portal_server, dataset, resource):
        portal_server.edit(dataset, resource, **DURING)
        assert words(portal_server, dataset, resource) == DURING
    assert words(portal_server, dataset, resource) == {**BEFORE, "title": "nouveau.csv"}


def test_a_replacement_leaves_alone_what_is_written_elsewhere_meanwhile(
    portal_server: PortalServer,
) -> None:
    dataset, resource = written(portal_server)
    other = portal_server.upload(dataset, "autre.csv", b"1")["id"]
    with on_its_way(portal_server, dataset, resource):
        portal_server.edit(dataset, other, title="Un autre")
        new = portal_server.upload(dataset, "de plus.csv", b"1")["id"]
    found = {one["id"]: one["title"] for one in portal_server.dataset(dataset)["resources"]}
    assert found == {resource: "nouveau.csv", other: "Un autre", new: "de-plus.csv"}


def test_what_is_written_while_parts_travel_is_kept_but_for_the_title(
    portal_server: PortalServer,
) -> None:
    dataset, resource = written(portal_server)
    path = f"/api/1/datasets/{dataset}/resources/{resource}/upload/"
    parts = Parts(portal_server, path, 2)
    parts.send(0, b"id\n")
    portal_server.edit(dataset, resource, **DURING)
    parts.send(1, b"1\n")
    made = parts.assemble()
    assert made.status_code == 200
    title = made.json()["title"]
    assert title != DURING["title"]
    assert words(portal_server, dataset, resource) == {**DURING, "title": title}


# -- the client --------------------------------------------------------------------------------


def test_before_the_last_bytes_leave_a_glance_still_finds_the_old_file(
    portal: Portal, portal_server: PortalServer, tmp_path: Path
) -> None:
    dataset, resource = written(portal_server)
    seen = []
    with still() as transfer:
        answer = portal.replace(
            dataset,
            resource,
            spooled(tmp_path, NEW),
            "nouveau.csv",
            transfer,
            glance=lambda: seen.append(portal.glance(dataset, resource)),
        )
    (before,) = seen
    assert before is not None
    assert (before.title, before.size) == ("Liste des musées", 5)
    assert answer.size == len(NEW)
    assert portal.glance(dataset, "00000000-0000-4000-8000-000000000000") is None


def test_what_a_person_wrote_is_written_back_and_nothing_else(
    portal: Portal, portal_server: PortalServer
) -> None:
    dataset, resource = written(portal_server)
    before = portal.resource(dataset, resource).written
    portal_server.edit(dataset, resource, **DURING)
    after = portal.resource(dataset, resource).written
    assert before.keys() | after.keys() == {
        "description",
        "type",
        "schema",
        "extras.note",
        "extras.autre",
        "extras.nouveau",
    }
    portal_server.edit(dataset, resource, **{**BEFORE, "title": "Tout autre"})
    portal.write_back(
        dataset, resource, {name: after.get(name) for name in before.keys() | after.keys()}
    )
    assert words(portal_server, dataset, resource) == {**DURING, "title": "Tout autre"}
    portal.write_back(dataset, resource, before)
    found = words(portal_server, dataset, resource)
    assert found["extras"] == {**BEFORE["extras"], "nouveau": 2}
    assert {**found, "extras": BEFORE["extras"]} == {**BEFORE, "title": "Tout autre"}


def test_the_portals_own_extras_are_nobodys_words(simulator: Simulator) -> None:
    dataset = simulator.new_dataset("Jeu")
    resource = simulator.new_resource(
        dataset, "a.csv", b"1", extras={"check:status": 200, "analysis:error": None, "note": 1}
    )
    with client(simulator.url, simulator.keys["editor"]) as asked:
        extras = {n for n in asked.resource(dataset, resource).written if n.startswith("extras.")}
    assert extras == {"extras.note"}


# -- a whole publication -----------------------------------------------------------------------


class Interrupted(Silence):
    """Somebody does something when the first bytes of an upload are on their way."""

    def __init__(self, what: Callable[[], None]) -> None:
        self._what: list[Callable[[], None]] = [what]

    @contextmanager
    def transfer(self, label: str, direction: str, size: int) -> Iterator[Transfer]:
        with super().transfer(label, direction, size) as silent:
            yield _Interrupted(silent, self._what if direction == "send" else [])


class _Interrupted:
    def __init__(self, silent: Transfer, what: list[Callable[[], None]]) -> None:
        self._silent, self._what = silent, what

    def advance(self, count: int) -> None:
        self._silent.advance(count)
        if self._what:
            self._what.pop()()

    def restart(self) -> None:
        self._silent.restart()


class Publication:
    """A house whose portal is the one under test, and a file on its way to one resource."""

    def __init__(self, portal_server: PortalServer, simulator: Simulator, folder: Path) -> None:
        self.server = portal_server
        self.house = House(simulator, folder)
        self.house.url, self.house.key = portal_server.url, portal_server.keys["editor"]
        self.house.dataset, self.resource = written(portal_server)
        self.house.target(self.resource, "nouveau.csv")
        self.house.bucket.put("nouveau.csv", b"id\n0\n")
        assert self.house.sync_one().outcome is Outcome.ADOPTED
        self.house.bucket.put("nouveau.csv", NEW)

    def meanwhile(self, seconds: float = 3, **edit: Any) -> None:
        def person() -> None:
            until_it_has_begun(self.server, self.house.dataset)
            self.server.edit(self.house.dataset, self.resource, **edit)
            self.house.pass_time(seconds)

        self.house.progress = Interrupted(person)

    @property
    def words(self) -> dict[str, Any]:
        return words(self.server, self.house.dataset, self.resource)


@pytest.fixture
def publication(portal_server: PortalServer, simulator: Simulator, tmp_path: Path) -> Publication:
    return Publication(portal_server, simulator, tmp_path)


def test_what_a_person_writes_during_an_upload_is_there_after_it(publication: Publication) -> None:
    publication.meanwhile(**DURING)

    assert publication.house.sync_one().outcome is Outcome.REPLACED
    assert publication.words == DURING
    assert publication.house.rows()[0].title == DURING["title"]
    assert publication.house.plan_one().outcome is Outcome.UNCHANGED


def test_killed_before_the_words_are_put_back_the_next_cycle_does_it(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication.meanwhile(**DURING)
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.complete", die)
        with pytest.raises(Killed):
            publication.house.sync()
    assert publication.words == {**BEFORE, "title": "nouveau.csv"}
    publication.house.progress = Silence()

    assert publication.house.sync_one().reason.code == "recovered"
    assert publication.words == DURING


def test_what_was_written_after_the_upload_wins_over_what_was_written_during_it(
    publication: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication.meanwhile(**DURING)
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise Killed

        patched.setattr("syncd.sync.publish.complete", die)
        with pytest.raises(Killed):
            publication.house.sync()
    after = {"title": "Après", "description": "Après."}
    publication.server.edit(publication.house.dataset, publication.resource, **after)
    publication.house.progress = Silence()

    publication.house.sync()
    assert publication.words == {**DURING, **after}


def test_nobody_wrote_so_nothing_is_written_but_the_title(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)
    house.progress = Interrupted(lambda: house.pass_time(3))
    assert house.sync_one().outcome is Outcome.REPLACED
    puts = [request.path for request in simulator.requests if request.method == "PUT"]
    assert puts == [f"/api/1/datasets/{house.dataset}/resources/{resource}/"]


def test_a_short_upload_costs_no_further_request(simulator: Simulator, tmp_path: Path) -> None:
    house = House(simulator, tmp_path)
    house.stop_the_clock()
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)
    asked = []
    for seconds in (0, 1, 3):  # the first publication asks more
        house.progress = Interrupted(partial(house.pass_time, seconds))
        simulator.journal.clear()
        house.bucket.put("a.csv", NEW + b"2\n" * seconds)
        assert house.sync_one().outcome is Outcome.REPLACED
        asked.append(sum(request.method == "GET" for request in simulator.requests))
    _, short, long = asked
    assert long == short + 1


def test_where_other_bytes_arrived_the_second_try_forgets_no_words(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)
    simulator.faults.add(method="POST", path="/upload/", corrupt=True)

    def person() -> None:
        simulator.store.edit(house.dataset, resource, {"description": "Pendant."})
        house.pass_time(3)

    house.progress = Interrupted(person)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.uploads() == 2
    assert house.online(resource).description == "Pendant."
    assert house.bytes_online(resource) == NEW


def test_where_the_glance_meets_trouble_the_file_is_published_all_the_same(
    simulator: Simulator, tmp_path: Path
) -> None:
    house = House(simulator, tmp_path)
    resource = house.resource("Titre")
    house.target(resource, "a.csv")
    house.bucket.put("a.csv", NEW)

    def trouble() -> None:
        house.pass_time(3)
        simulator.faults.add(method="GET", status=503, headers={"Retry-After": "100"})

    house.progress = Interrupted(trouble)
    assert house.sync_one().outcome is Outcome.REPLACED
    assert house.waited == []
    assert house.online(resource).title == "Titre"
