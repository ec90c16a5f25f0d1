"""Resources that are links, followed through whole passes: the simulator and a public server."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

import pytest

from syncd.actions.check import check_links, check_online
from syncd.actions.sync import check
from syncd.adapters.disk.archive import Archive
from syncd.bootstrap import event_queue
from syncd.cli import purge, session
from syncd.cli.errors import ended_well
from syncd.config.configuration import App
from syncd.config.settings import Settings
from syncd.core import fence
from syncd.core.errors import LockLost, SourceError, SpoolError, UsageError
from syncd.core.ports import Adapters
from syncd.core.preflight import Grade, Preflight
from syncd.core.records import Act, Cause, Kept, Outcome
from syncd.core.results import Result
from syncd.simulator import Simulator
from syncd.sync import links, retention
from syncd.text import sentence, speak, text
from tests.support.public_server import Answer, PublicServer
from tests.support.sync_harness import House, Killed

NEW = b"id\n1\n2\n3\n"
NEXT = b"id\n1\n2\n4\n5\n"
COPY = {"copy": "public"}


@pytest.fixture
def web(house: House) -> Iterator[PublicServer]:
    """Both buckets, as anybody gets at them."""
    with PublicServer().running() as server:
        server.buckets = {"depot": house.bucket, "public": house.public}
        house.web = server.url
        yield server


def linked(house: House, publish: object = "link", key: str = "l/a b.csv") -> str:
    r = house.link("Titre humain")
    house.target(r, key, publish=publish)
    house.bucket.put(key, NEW)
    return r


def asked(house: House) -> list[str]:
    """What the portal was asked since the last time."""
    found = [f"{one.method} {one.path}" for one in house.portal.journal.all()]
    house.portal.journal.clear()
    return found


def sha1(body: bytes) -> str:
    return hashlib.sha1(body, usedforsecurity=False).hexdigest()


def one(house: House) -> Result:
    return house.sync_one()


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_an_object_becomes_a_link_and_costs_three_requests_and_then_none(
    house: House, web: PublicServer, publish: object
) -> None:
    r = linked(house, publish)
    house.portal.journal.clear()
    assert house.plan_one().outcome is Outcome.REPLACED
    asked(house)
    result = one(house)
    assert result.outcome is Outcome.REPLACED
    path = f"/api/1/datasets/{house.dataset}/"
    turned = f"{path}resources/{r}/"
    assert asked(house) == [f"GET {path}", f"GET {turned}", f"PUT {turned}"]
    online = house.online(r)
    assert online.link is not None
    assert web.answer(online.link.removeprefix(web.url)).body == NEW
    assert (online.title, online.description) == ("Titre humain", "Mots de la personne")
    assert (online.filesize, online.format, online.mime) == (len(NEW), "csv", "text/csv")
    assert (online.checksum or {})["value"] == result.sha1
    web.asked.clear()
    assert one(house).outcome is Outcome.UNCHANGED
    assert asked(house) == []
    assert web.asked == []  # nor is anybody else
    house.bucket.put("l/a b.csv", NEXT)
    assert one(house).outcome is Outcome.REPLACED
    assert len(asked(house)) <= 3
    assert house.uploads() == 0


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_without_its_ledger_a_link_is_adopted_and_nothing_is_told(
    house: House, web: PublicServer, publish: object
) -> None:
    linked(house, publish)
    one(house)
    (house.state / "ledger.sqlite").unlink()
    asked(house)
    assert one(house).outcome is Outcome.ADOPTED
    assert all(line.startswith("GET") for line in asked(house))
    assert len(house.public.published) <= 1
    assert one(house).outcome is Outcome.UNCHANGED


def test_a_link_is_not_adopted_that_leads_nowhere_and_a_copy_is_written_again(
    house: House, web: PublicServer
) -> None:
    r = linked(house, COPY)
    one(house)
    before = house.online(r)
    (house.state / "ledger.sqlite").unlink()
    house.public.objects.clear()
    web.twist = lambda _path, _right: Answer(503, b"")
    assert one(house).reason.code == "link_status"
    web.twist = lambda _path, right: right
    assert one(house).outcome is Outcome.ADOPTED
    assert [stored.body for stored in house.public.objects.values()] == [NEW]
    assert house.online(r) == before


WRONG = {
    "not found": (lambda _: Answer(404, b"no"), "link_status"),
    "forbidden": (lambda _: Answer(403, b"no"), "link_status"),
    "failing": (lambda _: Answer(503, b""), "link_status"),
    "a web page": (
        lambda _: Answer(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
        "link_page",
    ),
    "another size": (lambda _: Answer(200, NEW + b"4\n"), "link_other_size"),
    "more than it says": (
        lambda _: Answer(200, NEW + b"4\n", {"Content-Length": "", "Connection": "close"}),
        "link_too_long",
    ),
    "other bytes": (lambda _: Answer(200, NEW.replace(b"3", b"4")), "link_other_bytes"),
    "cut": (lambda _: Answer(200, NEW[:4], length=len(NEW)), "link_unreachable"),
    "leading away": (
        lambda _: Answer(302, b"", {"Location": "http://192.168.0.1/x.csv"}),
        "link_redirects",
    ),
    "leading to no host": (
        lambda _: Answer(302, b"", {"Location": "http://xn--/"}),
        "link_unreachable",
    ),
    "leading to too long a host": (
        lambda _: Answer(302, b"", {"Location": f"http://{'a' * 70}.fr/"}),
        "link_unreachable",
    ),
    "leading in circles": (lambda _: Answer(302, b"", {"Location": "/depot/x"}), "link_redirects"),
}


@pytest.mark.parametrize("wrong", sorted(WRONG))
@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_a_public_server_that_does_not_give_the_file_leaves_the_portal_as_it_was(
    house: House, web: PublicServer, publish: object, wrong: str
) -> None:
    answer, code = WRONG[wrong]
    r = linked(house, publish)
    before = house.online(r)
    house.portal.journal.clear()
    web.twist = lambda _path, _right: answer(_right)
    if publish == "link":
        assert house.plan_one().reason.code == code
    result = one(house)
    assert (result.outcome, result.reason.code) == (Outcome.FAILED, code)
    assert all(line.startswith("GET") for line in asked(house))
    assert house.online(r) == before
    assert house.open_intents() == 0
    web.twist = lambda _path, right: right
    assert one(house).outcome is Outcome.REPLACED
    assert len(house.public.published) == (0 if publish == "link" else 1)


def test_a_public_server_that_answers_late_is_waited_for_so_long_and_no_longer(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    before, gate = house.online(r), web.gate()
    house.web_timeout = 0.2
    web.twist = lambda _path, right: replace(right, gate=gate)
    assert one(house).reason.code == "link_slow"
    assert house.online(r) == before


def test_a_public_server_that_is_not_there_at_all(house: House, web: PublicServer) -> None:
    r = linked(house)
    house.web = "http://127.0.0.1:1"
    result = one(house)
    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_unreachable")
    assert house.online(r).link == "https://ailleurs.example.org/vieux.csv"


def test_an_answer_that_is_packed_is_compared_as_it_is_stored(
    house: House, web: PublicServer
) -> None:
    """`Content-Encoding` stands with objects in many buckets; their bytes are what counts."""
    linked(house)
    web.twist = lambda _path, right: replace(right, headers={"Content-Encoding": "gzip"})
    assert one(house).outcome is Outcome.REPLACED


def test_a_held_file_leaves_the_portal_and_is_released_like_any_other(
    house: House, web: PublicServer
) -> None:
    r = linked(house, COPY)
    one(house)
    before = house.online(r)
    house.bucket.put("l/a b.csv", b"")
    assert one(house).reason.code == "guard_empty"
    assert house.online(r) == before
    assert len(house.public.objects) == 1  # nor is anything copied
    (result,) = house.release("l/a b.csv").results
    assert result.outcome is Outcome.REPLACED
    assert house.online(r).filesize == 0
    assert house.history(r)[-1].cause.by == "Léa"


def test_a_held_file_that_lies_open_in_place_is_said_to(house: House, web: PublicServer) -> None:
    linked(house)
    one(house)
    house.bucket.put("l/a b.csv", b"")
    result = one(house)
    assert result.outcome is Outcome.HELD
    assert "link_is_open" in [warning.code for warning in result.warnings]


def test_a_file_on_the_portal_is_never_made_a_link_nor_back(
    house: House, web: PublicServer
) -> None:
    hosted, link = house.resource("Fichier"), house.link("Lien")
    house.target(hosted, "a.csv", publish="link")
    house.target(link, "b.csv")
    house.bucket.put("a.csv", NEW)
    house.bucket.put("b.csv", NEXT)
    house.portal.journal.clear()
    found = {r.object: (r.outcome, r.reason.code) for r in house.sync().results}
    assert found == {
        "a.csv": (Outcome.REFUSED, "resource_hosted"),
        "b.csv": (Outcome.REFUSED, "resource_remote"),
    }
    assert all(line.startswith("GET") for line in asked(house))


@pytest.mark.parametrize("answer", ["release", "leave"])
def test_who_answers_a_link_that_is_refused_reads_why_it_is(
    house: House, web: PublicServer, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    house.target(house.resource("Fichier"), "a.csv", publish="link")
    house.bucket.put("a.csv", NEW)
    assert one(house).reason.code == "resource_hosted"
    speak("en")
    answers = house.release if answer == "release" else house.leave
    assert ended_well(lambda: answers("a.csv")) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "it is refused" in said
    assert "no portal makes a link of it" in said


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_no_file_is_pushed_into_a_link(house: House, web: PublicServer, publish: object) -> None:
    r = linked(house, publish)
    one(house)
    before = house.online(r)
    house.pass_time(60)
    request = house.request("autre.csv", NEXT, resource=r, mapped=house.mapped(r))
    for act in (house.plan_push, house.push):
        with pytest.raises(UsageError, match="push_link"):
            act(request)
    assert house.online(r) == before
    assert one(house).outcome is Outcome.UNCHANGED


def test_a_way_that_is_changed_in_the_manifest_is_seen_although_the_file_is_not_new(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    one(house)
    house.entries.clear()
    house.target(r, "l/a b.csv", publish=COPY)
    assert one(house).outcome is Outcome.REPLACED
    assert "/public/" in str(house.online(r).link)
    house.entries.clear()
    house.target(r, "l/a b.csv")
    assert one(house).reason.code == "resource_remote"


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_an_address_that_a_person_writes_is_drift_although_our_sha1_stands_beside_it(
    house: House, web: PublicServer, publish: object
) -> None:
    r = linked(house, publish)
    one(house)
    house.portal.store.edit(house.dataset, r, {"link": "https://ailleurs.example.org/x.csv"})
    assert house.sync_one(ask=True).outcome is Outcome.DRIFTED
    house.bucket.put("l/a b.csv", NEXT)
    assert one(house).reason.code == "conflict"
    assert house.online(r).link == "https://ailleurs.example.org/x.csv"
    (result,) = house.release("l/a b.csv").results
    assert result.outcome is Outcome.REPLACED


def test_a_checksum_that_a_person_took_away_from_our_link_is_told_again(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    one(house)
    house.portal.store.edit(house.dataset, r, {"checksum": None})
    assert house.sync_one(ask=True).outcome is Outcome.REPLACED
    assert house.online(r).checksum is not None


def test_newest_follows_to_the_next_address_also_with_the_same_bytes(
    house: House, web: PublicServer
) -> None:
    """Else the link would break when the older file is tidied away."""
    r = house.link("Titre")
    house.entry(resource=r, newest="e/export_*.csv", publish="link")
    house.bucket.put("e/export_1.csv", NEW)
    one(house)
    house.bucket.put("e/export_2.csv", NEW)
    assert one(house).outcome is Outcome.REPLACED
    assert str(house.online(r).link).endswith("export_2.csv")
    assert one(house).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
def test_each_new_object_becomes_a_link_in_three_requests(
    house: House, web: PublicServer, publish: object
) -> None:
    title = "Festivals {annee}"
    house.entry(each="f/f_{annee:yyyy}.csv", title=title, create=True, publish=publish)
    house.bucket.put("f/f_2024.csv", NEW)
    house.portal.journal.clear()
    assert one(house).outcome is Outcome.CREATED
    assert len(asked(house)) == 3
    (made,) = house.resources()
    assert (made.title, made.filetype, made.type) == ("Festivals 2024", "remote", "main")
    assert one(house).outcome is Outcome.UNCHANGED
    (house.state / "ledger.sqlite").unlink()
    assert one(house).outcome is Outcome.ADOPTED
    assert len(house.resources()) == 1


# -- copies ------------------------------------------------------------------------------------


def test_a_copy_is_written_beside_the_former_one_which_goes_when_no_undo_needs_it(
    house: House, web: PublicServer
) -> None:
    r = linked(house, COPY)
    keys = []
    for number in range(4):
        house.bucket.put("l/a b.csv", NEW + b"%d\n" % number)
        assert one(house).outcome is Outcome.REPLACED
        keys.append(str(house.online(r).link).rpartition("/")[2].replace("%20", " "))
    house.public.put("autre.csv", b"of somebody else")
    house.sync(ask=True)
    kept = sorted(key for key in house.public.objects if key != "autre.csv")
    assert [key.rpartition("/")[2] for key in kept] == sorted(keys[-2:])  # as many as are kept
    assert all(key.startswith(f"{house.dataset}-") and "/l/a b-" in key for key in kept)
    assert "autre.csv" in house.public.objects
    assert [line.kept for line in house.history(r)] == [
        *[Kept.NOWHERE] * 2,
        *[Kept.COPY] * 2,
    ]


@pytest.mark.parametrize("versions", [0, 2])
def test_the_copy_that_is_online_stays_when_its_bucket_gets_another_address(
    house: House, web: PublicServer, versions: int
) -> None:
    house.archive = Archive(house.state / "archive", versions, 10**9)
    r = linked(house, COPY)
    one(house)
    house.web = web.url.replace("127.0.0.1", "localhost")
    assert one(house).outcome is Outcome.REPLACED
    house.sync(ask=True)
    assert str(house.online(r).link).startswith("http://localhost")
    assert house.public.removed == []
    house.bucket.put("l/a b.csv", NEXT)
    assert one(house).outcome is Outcome.REPLACED
    house.sync(ask=True)
    assert len(house.public.objects) == max(versions, 1)


def test_two_portals_with_one_bucket_of_copies_never_meet(
    house: House, web: PublicServer, tmp_path: Path
) -> None:
    house.archive = Archive(house.state / "archive", 0, 10**9)
    linked(house, COPY)
    one(house)
    with Simulator() as simulator:
        other = House(simulator, tmp_path / "other")
        other.public, other.web = house.public, house.web
        record = next(one for one in simulator.store.datasets if one.id == other.dataset)
        record.id = other.dataset = house.dataset  # one is a copy of the other
        r = linked(other, COPY)
        assert one(other).outcome is Outcome.REPLACED
        house.bucket.put("l/a b.csv", NEXT)
        assert one(house).outcome is Outcome.REPLACED
        path = str(other.online(r).link).removeprefix(web.url)
        assert web.answer(path).body == NEW


@pytest.mark.parametrize("at", ["before the copy", "after the copy", "before the change"])
def test_killed_between_copy_and_change_the_copy_is_found_again_and_not_doubled(
    house: House, web: PublicServer, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    r = linked(house, COPY)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if at == "before the copy":
            house.public.before_publish = die
        elif at == "after the copy":
            patched.setattr("syncd.sync.links.ask", die)
        else:
            patched.setattr("syncd.adapters.portal.links.Links.send", die)
        with pytest.raises(Killed):
            house.sync()
    house.public.before_publish = lambda _: None
    house.pass_time(60)
    one(house)
    house.pass_time(60)
    one(house)
    assert house.public.published == list(house.public.objects)
    assert len(house.public.objects) == 1
    assert str(house.online(r).link).startswith(f"{web.url}/public/")
    assert house.open_intents() == 0


def test_a_copy_that_was_never_told_is_removed_when_another_file_comes(
    house: House, web: PublicServer
) -> None:
    linked(house, COPY)
    web.twist = lambda _path, _right: Answer(503, b"")
    one(house)
    assert len(house.public.objects) == 1
    web.twist = lambda _path, right: right
    house.bucket.put("l/a b.csv", NEXT)
    assert one(house).outcome is Outcome.REPLACED
    assert len(house.public.objects) == 1
    assert len(house.public.removed) == 1


def test_what_stands_under_a_copys_name_with_other_bytes_is_left_alone(
    house: House, web: PublicServer
) -> None:
    linked(house, COPY)
    web.twist = lambda _path, _right: Answer(503, b"")
    one(house)
    (key,) = house.public.objects
    house.public.put(key, b"of somebody else")
    web.twist = lambda _path, right: right
    assert one(house).reason.code == "link_other_size"
    assert house.public.objects[key].body == b"of somebody else"


@pytest.mark.parametrize("by", ["a pass", "a purge"])
def test_whose_lock_was_lost_meanwhile_removes_no_copy(
    house: House, web: PublicServer, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Whoever has it since may have gone back to that very copy."""
    r = linked(house, COPY)
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    if by == "a purge":
        one(house)
    else:
        house.archive = Archive(house.state / "archive", 0, 10**9)
    lost = LostHold()

    def lose_it(adapters: Adapters) -> object:
        lost.is_over = True
        return by_place(adapters)

    by_place = links._by_place
    monkeypatch.setattr(links, "_by_place", lose_it)
    with fence.behind(lost), nullcontext() if by == "a pass" else pytest.raises(LockLost):
        if by == "a pass":
            one(house)
        else:
            (row,) = house.rows()
            with house.adapters() as adapters:
                retention.purge(row.binding, adapters, Cause("purge", "Léa"))
    assert house.public.removed == []
    assert len(house.public.objects) == 2
    assert house.online(r).filesize == len(NEXT)


class LostHold:
    """Of a dataset's lock, from a moment on."""

    token, count = "0", 1
    is_over = False

    def confirm(self) -> None:
        if self.is_over:
            raise LockLost("lock_lost", dataset="d")


def test_a_copy_is_nobodys_deposit(house: House, web: PublicServer) -> None:
    linked(house, COPY)
    house.entry(each="**/*.csv", source="public", create=True, publish="link")
    house.public.put("dossier/a.csv", NEXT)
    for _ in range(2):
        report = house.sync()
        assert [one.object for one in report.results] == ["l/a b.csv", "dossier/a.csv"]
        assert report.unmapped == ()
    assert len(house.resources()) == 2


# -- kept, undone, lost ------------------------------------------------------------------------


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_lost_answer_is_read_back_and_nothing_is_told_twice(
    house: House, web: PublicServer, cut: str
) -> None:
    r = linked(house)
    house.portal.faults.add(method="PUT", cut=cut, times=1)
    assert one(house).outcome is Outcome.REPLACED
    puts = [line for line in asked(house) if line.startswith("PUT")]
    assert len(puts) == (2 if cut == "before" else 1)
    assert [line.act for line in house.history(r)] == [Act.REPLACED]


def late(house: House, r: str, address: str, body: bytes) -> None:
    """The portal carries out what it was asked long ago."""
    fields = {"link": address, "checksum": {"type": "sha1", "value": sha1(body)}}
    house.portal.store.edit(house.dataset, r, fields)


def test_an_address_that_is_told_late_is_known_as_ours(house: House, web: PublicServer) -> None:
    r = linked(house, COPY)
    house.portal.faults.add(method="PUT", status=500, times=9)
    assert one(house).outcome is Outcome.FAILED
    house.portal.faults.clear()
    (copy,) = house.public.objects
    late(house, r, f"{web.url}/public/{quote(copy)}", NEW)
    house.bucket.before_open = lambda _: pytest.fail("nothing is to be read")
    assert one(house).outcome is Outcome.REPLACED
    assert [line.act for line in house.history(r)] == [Act.REPLACED]
    house.bucket.before_open = lambda _: None

    house.bucket.put("l/a b.csv", NEXT)
    house.portal.faults.add(method="PUT", status=500, times=9)
    one(house)
    house.portal.faults.clear()
    given_up = next(key for key in house.public.objects if key != copy)
    house.bucket.put("l/a b.csv", NEW + NEXT)
    assert one(house).outcome is Outcome.REPLACED
    assert given_up in house.public.objects  # it may still be told
    late(house, r, f"{web.url}/public/{quote(given_up)}", NEXT)
    assert one(house).outcome is Outcome.REPLACED
    assert house.online(r).filesize == len(NEW + NEXT)
    assert one(house).outcome is Outcome.UNCHANGED


def test_an_address_that_the_portal_refuses_is_told_once_a_day(
    house: House, web: PublicServer
) -> None:
    linked(house)
    house.portal.faults.add(method="PUT", status=400)
    asked(house)
    assert [one(house).outcome for _ in range(3)] == [Outcome.REFUSED] * 3
    assert len([line for line in asked(house) if line.startswith("PUT")]) == 1
    house.pass_time(24 * 3600 + 1)
    assert one(house).outcome is Outcome.REPLACED


def test_another_address_is_told_at_once_where_the_former_was_refused(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    house.portal.faults.add(method="PUT", status=400)
    assert [one(house).outcome for _ in range(2)] == [Outcome.REFUSED] * 2
    house.web = web.url.replace("127.0.0.1", "localhost")
    assert one(house).outcome is Outcome.REPLACED
    assert str(house.online(r).link).startswith(house.web)


def test_a_lost_answer_to_a_new_link_makes_no_second_one(house: House, web: PublicServer) -> None:
    house.entry(each="f/f_{annee:yyyy}.csv", create=True, publish="link")
    house.bucket.put("f/f_2024.csv", NEW)
    house.portal.faults.add(method="POST", cut="after")
    assert one(house).outcome is Outcome.CREATED
    house.sync(ask=True)
    assert len(house.resources()) == 1


def test_what_somebody_uploads_to_a_link_resets_its_title_for_a_pass_and_no_longer(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    one(house)
    house.pass_time(2)
    house.portal.store.replace_file(house.dataset, r, "a-la-main.csv", NEXT)
    assert house.online(r).title == "a-la-main.csv"
    house.entries.clear()
    house.target(r, "l/a b.csv", publish="link", drift="republish")
    assert house.sync_one(ask=True).outcome is Outcome.REPLACED
    online = house.online(r)
    assert (online.title, online.stored) == ("Titre humain", None)
    assert str(online.link).startswith(web.url)


def test_an_undone_copy_is_told_again_and_stays(house: House, web: PublicServer) -> None:
    r = linked(house, COPY)
    one(house)
    first = house.online(r)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    planned, _ = house.plan_undo(r)
    assert planned.outcome is Outcome.REPLACED
    assert house.undo(r).outcome is Outcome.PINNED
    again = house.online(r)
    assert (again.link, again.checksum, again.title) == (first.link, first.checksum, first.title)
    assert one(house).outcome is Outcome.PINNED
    assert house.sync_one(ask=True).outcome is Outcome.PINNED
    assert len(house.public.objects) == 2
    house.unpin(r)
    assert one(house).outcome is Outcome.REPLACED


def test_undone_twice_a_copy_goes_back_to_one_that_is_kept_or_says_that_none_is(
    house: House, web: PublicServer
) -> None:
    r = linked(house, COPY)
    for body in (NEW, NEXT, NEW + NEXT):
        house.bucket.put("l/a b.csv", body)
        one(house)
    assert house.undo(r).outcome is Outcome.PINNED
    with pytest.raises(UsageError, match="nothing_to_undo"):
        house.undo(r)
    assert house.online(r).filesize == len(NEXT)


def test_a_plain_link_is_undone_where_the_former_object_is_still_what_it_was(
    house: House, web: PublicServer
) -> None:
    r = house.link("Titre")
    house.entry(resource=r, newest="e/export_*.csv", publish="link")
    house.bucket.put("e/export_1.csv", NEW)
    one(house)
    house.bucket.put("e/export_2.csv", NEXT)
    one(house)
    assert house.undo(r).outcome is Outcome.PINNED
    assert str(house.online(r).link).endswith("/e/export_1.csv")
    assert one(house).outcome is Outcome.PINNED


def test_a_plain_link_that_was_written_over_cannot_be_undone_and_says_so(
    house: House, web: PublicServer
) -> None:
    r = linked(house)
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    before = house.online(r)
    result = house.undo(r)
    assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_gone")
    assert house.online(r) == before
    assert house.plan_undo(r)[0].reason.code == "link_gone"
    assert one(house).outcome is Outcome.UNCHANGED


def test_verify_reads_a_link_where_it_leads_to_and_says_what_is_there(
    house: House, web: PublicServer
) -> None:
    speak("en")
    linked(house)
    one(house)
    (result,) = house.verify().results
    assert (result.outcome, result.sha1, result.size) == (Outcome.UNCHANGED, sha1(NEW), len(NEW))
    other = NEW.replace(b"3", b"4")
    for body, digest in ((NEXT, None), (other, sha1(other))):  # by its size alone it is another
        web.twist = lambda _path, right, body=body: replace(right, body=body)  # type: ignore[misc]  # as called
        (result,) = house.verify().results
        assert (result.outcome, result.sha1) == (Outcome.DRIFTED, digest)
        assert result.size == len(body)
        said = sentence(result.reason)
        assert digest is None or digest in said
        assert f"{len(body)} B" in said
        assert sha1(NEW) in said
    web.twist = lambda _path, _right: Answer(
        200, NEXT, {"Content-Length": "", "Connection": "close"}
    )
    (result,) = house.verify().results  # of which only so much was read
    assert (result.outcome, result.sha1, result.size) == (Outcome.DRIFTED, None, None)
    assert one(house).reason.facts["detail"] == f"> {len(NEW)}"


def test_a_link_of_somebodys_that_is_left_stays(house: House, web: PublicServer) -> None:
    r = linked(house)
    one(house)
    elsewhere = {"type": "sha1", "value": "a" * 40}
    house.portal.store.edit(
        house.dataset, r, {"link": "https://ailleurs.example.org/x.csv", "checksum": elsewhere}
    )
    house.sync_one(ask=True)
    assert house.leave(r).outcome is Outcome.PINNED
    assert house.sync_one(ask=True).outcome is Outcome.PINNED
    assert house.online(r).link == "https://ailleurs.example.org/x.csv"


@pytest.mark.parametrize("by", ["the daily look", "a deposit of the same bytes", "verify"])
def test_a_copy_that_is_gone_is_written_again(house: House, web: PublicServer, by: str) -> None:
    linked(house, COPY)
    one(house)
    house.public.objects.clear()
    if by == "the daily look":
        house.pass_time(24 * 3600 + 1)
    elif by == "a deposit of the same bytes":
        house.bucket.put("l/a b.csv", NEW)
    else:
        (result,) = house.verify().results
        assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_broken")
    assert one(house).outcome is Outcome.UNCHANGED
    assert [stored.body for stored in house.public.objects.values()] == [NEW]
    asked(house)
    web.asked.clear()
    assert one(house).outcome is Outcome.UNCHANGED
    assert (asked(house), web.asked) == ([], [])


@pytest.mark.parametrize("by", ["the daily look", "verify"])
@pytest.mark.parametrize("body", [b"", NEW.replace(b"3", b"4")], ids=["gone", "other bytes"])
def test_a_link_that_broke_is_said_until_it_answers(
    house: House, web: PublicServer, by: str, body: bytes
) -> None:
    linked(house)
    one(house)
    web.twist = lambda _path, _right: Answer(200 if body else 404, body)
    if by == "verify" and not body:
        nowhere = Answer(302, b"", {"Location": "http://xn--/"})
        web.twist = lambda _path, _right: nowhere
        (result,) = house.verify().results
        assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_broken")
    elif by == "verify":
        (result,) = house.verify().results
        assert result.outcome is Outcome.DRIFTED
    else:
        house.pass_time(24 * 3600 + 1)
        if body:
            assert one(house).outcome is Outcome.UNCHANGED  # every byte is read by verify alone
            return
    for _ in range(2):
        result = one(house)
        assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_broken")
    web.twist = lambda _path, right: right
    assert one(house).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("by", ["the daily look", "the service's look"])
def test_a_pinned_link_that_broke_is_said_until_it_answers_and_stays_pinned(
    house: House, web: PublicServer, by: str
) -> None:
    r = linked(house, COPY)
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    house.undo(r)
    before, copies = house.online(r), dict(house.public.objects)
    web.twist = lambda path, right: Answer(404) if sha1(NEW)[:12] in path else right
    house.pass_time(24 * 3600 + 1)
    if by == "the daily look":
        result = one(house)
    else:
        with house.adapters() as adapters:
            (result,) = check(house.manifest.datasets[0], adapters, house.now()).results
    for _ in range(2):
        assert (result.outcome, result.reason.code) == (Outcome.FAILED, "link_broken")
        result = one(house)
    web.twist = lambda _path, right: right
    assert one(house).outcome is Outcome.PINNED
    web.asked.clear()
    assert one(house).outcome is Outcome.PINNED
    assert (web.asked, house.online(r), house.public.objects) == ([], before, copies)


def test_a_link_that_is_left_over_another_file_is_said_at_the_daily_look(
    house: House, web: PublicServer
) -> None:
    """Written over in place, it gives what a guard held; what the portal says is not true."""
    r = linked(house)
    one(house)
    house.bucket.put("l/a b.csv", b"")
    assert one(house).outcome is Outcome.HELD
    assert house.leave(r).outcome is Outcome.PINNED
    house.pass_time(24 * 3600 + 1)
    result = one(house)
    assert (result.outcome, result.reason.facts["detail"]) == (Outcome.FAILED, f"0 ≠ {len(NEW)}")
    house.unpin(r)
    assert one(house).outcome is Outcome.HELD


def test_of_a_public_server_that_is_down_one_link_alone_is_waited_for(
    house: House, web: PublicServer
) -> None:
    for number in range(3):
        house.target(house.link(f"Lien {number}"), f"{number}.csv", publish="link")
        house.bucket.put(f"{number}.csv", NEW)
    house.sync()
    web.stop()
    house.pass_time(24 * 3600 + 1)
    assert {result.reason.code for result in house.sync().results} == {"link_broken"}
    house.waited.clear()
    assert {result.reason.code for result in house.sync().results} == {"link_broken"}
    assert len(house.waited) == 2  # between the three tries of the first


def deposit(house: House, body: bytes) -> None:
    house.pass_time(60)
    house.bucket.put("l/a b.csv", body, at=house.now().replace(microsecond=0))
    house.pass_time(60)


@pytest.mark.parametrize("publish", ["link", COPY], ids=["link", "copy"])
@pytest.mark.parametrize("last", ["a deposit", "somebody's link"])
def test_after_a_restored_backup_whatever_came_last_is_online(
    house: House, web: PublicServer, publish: object, last: str
) -> None:
    r = linked(house, publish)
    deposit(house, NEW)
    one(house)
    backup = house.backup()
    deposit(house, NEXT)
    one(house)
    if last == "a deposit":
        deposit(house, NEW + NEXT)
    else:
        late(house, r, "https://ailleurs.example.org/x.csv", b"x")
    house.pass_time(3600)
    house.restore(backup)
    result = one(house)
    online = house.online(r)
    if last == "a deposit":
        assert result.outcome is Outcome.REPLACED
        assert online.filesize == len(NEW + NEXT)
    else:
        assert (result.outcome, result.reason.code) == (Outcome.PINNED, "pinned_after_backup")
        assert online.link == "https://ailleurs.example.org/x.csv"


# -- asked before ------------------------------------------------------------------------------


def links_checked(house: House) -> dict[str, tuple[Grade, str]]:
    entries = house.manifest.datasets
    with house.adapters(read_only=True) as adapters:
        found = check_links(entries, adapters)
    return {one.about: (one.grade, one.reason.code) for one in found}


def test_a_check_asks_each_public_address_and_tries_the_bucket_of_copies(
    house: House, web: PublicServer
) -> None:
    linked(house)
    house.target(house.link("Copié"), "c.csv", publish=COPY)
    assert links_checked(house) == {
        "depot": (Grade.OK, "link_answers"),
        "public": (Grade.OK, "copies_writable"),
    }
    assert house.public.objects == {}
    web.twist = lambda _path, _right: Answer(403, b"")
    assert links_checked(house) == {
        "depot": (Grade.PROBLEM, "link_closed"),
        "public": (Grade.PROBLEM, "link_closed"),
    }
    house.bucket.delete("l/a b.csv")
    assert links_checked(house)["depot"] == (Grade.WARNING, "link_nothing_to_ask")


def checked(house: House) -> Preflight:
    speak("en")
    settings = SimpleNamespace(state_dir=house.state, spool_limit=10**9, events_address="off")
    app = App(cast(Settings, settings), house.manifest)
    with house.adapters(read_only=True) as adapters:
        return check_online(app, adapters, house.now(), event_queue)


def problems(found: Preflight) -> list[tuple[str, str]]:
    return [(one.about, one.reason.code) for one in found.checks if one.grade is Grade.PROBLEM]


def test_a_check_says_once_that_links_are_closed_and_speaks_of_no_cycle(
    house: House, web: PublicServer
) -> None:
    linked(house)
    house.target(house.link("Copié"), "c.csv", publish=COPY)
    house.bucket.put("c.csv", NEXT)
    house.sync()
    web.twist = lambda _path, _right: Answer(403)
    found = checked(house)
    assert problems(found) == [("depot", "link_closed"), ("public", "link_closed")]
    for one_check in found.checks:
        assert one_check.name != "link" or "cycle" not in sentence(one_check.reason)
    assert found.plan is not None
    assert len(found.plan.failures) == 2
    assert all(failure.reason in found.said for failure in found.plan.failures)
    web.twist = lambda path, right: Answer(404) if "/depot/" in path else right
    found = checked(house)
    assert found.plan is not None
    (failure,) = found.plan.failures
    assert failure.reason in found.said


def test_a_check_says_of_a_file_that_is_gone_at_its_address_which_it_is(
    house: House, web: PublicServer
) -> None:
    linked(house)
    one(house)
    house.target(house.link("Autre"), "l/b.csv", publish="link")
    house.bucket.put("l/b.csv", NEXT)
    house.sync()
    web.twist = lambda path, right: Answer(404) if path.endswith("l/b.csv") else right
    found = checked(house)
    assert problems(found) == []
    assert found.plan is not None
    (failure,) = found.plan.failures
    assert failure.reason not in found.said


def test_a_check_says_once_that_a_public_bucket_is_down(house: House, web: PublicServer) -> None:
    linked(house, COPY)
    house.public.put("x.csv", NEW)
    house.public.broken_after = 0
    assert problems(checked(house)) == [("public", "s3_listing_broken")]
    house.entries.clear()
    house.target(house.link("Lien"), "x.csv", publish="link", source="public")
    assert problems(checked(house)) == [("public", "s3_listing_broken")]
    house.public.broken_after = None
    house.public.denied = frozenset({""})
    assert problems(checked(house)) == [("public", "s3_access_denied")]


def purged(house: House, r: str) -> int:
    row = next(row for row in house.rows() if row.binding.resource == r)
    with house.adapters() as adapters:
        return retention.purge(row.binding, adapters, Cause("purge", "Léa"))


def denied(_key: str) -> None:
    raise SourceError("s3_denied", bucket="public")


def test_purging_leaves_the_copy_that_is_online(house: House, web: PublicServer) -> None:
    r = linked(house, COPY)
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    (row,) = house.rows()
    with house.adapters() as adapters:
        assert len(retention.copies_to_purge(row, adapters)) == 1
    assert purged(house, r) == 1
    assert house.public.removed_for_good == house.public.removed
    assert [stored.body for stored in house.public.objects.values()] == [NEXT]
    assert one(house).outcome is Outcome.UNCHANGED
    assert web.answer(str(house.online(r).link).removeprefix(web.url)).status == 200


def test_a_copy_that_cannot_be_purged_is_said_and_not_forgotten(
    house: House, web: PublicServer
) -> None:
    r = linked(house, COPY)
    one(house)
    (house.state / "ledger.sqlite").unlink()
    one(house)
    house.web = web.url.replace("127.0.0.1", "localhost")
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    house.public.before_remove = denied
    for _ in range(2):
        with pytest.raises(SpoolError, match="copy_not_purged"):
            purged(house, r)
    house.public.before_remove = lambda _key: None
    assert purged(house, r) == 1
    assert [stored.body for stored in house.public.objects.values()] == [NEXT]


def test_a_copy_that_the_portal_may_still_be_told_of_is_not_purged_and_said_to_stay(
    house: House,
    web: PublicServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    r = linked(house, COPY)
    one(house)
    house.bucket.put("l/a b.csv", NEXT)
    one(house)
    house.portal.faults.add(method="PUT", status=500, times=9)
    house.bucket.put("l/a b.csv", NEW)
    one(house)
    house.portal.faults.clear()
    with pytest.raises(SpoolError, match="copy_in_use"):
        purged(house, r)
    assert len(house.public.objects) == 2
    house.bucket.put("l/a b.csv", NEW + NEXT)  # and the other was never told
    assert one(house).outcome is Outcome.REPLACED
    with pytest.raises(SpoolError, match="copy_in_use"):
        purged(house, r)
    app = App(cast(Settings, None), house.manifest)
    monkeypatch.setattr(session, "begin", lambda: app)
    monkeypatch.setattr(session, "world", lambda *_, **__: house.adapters())
    asks = partial(purge.run, target=r, yes=True, patience=None, by=None, note="")
    assert ended_well(asks) == 1  # nothing else is kept, so nothing is to be confirmed
    said = capsys.readouterr()
    assert text("purge_nothing", title="Titre humain") not in said.out
    assert f"{web.url}/public/{house.dataset}" in said.err
    assert sorted(stored.body for stored in house.public.objects.values()) == [NEW, NEW + NEXT]


def test_a_copy_that_nobody_needs_and_that_stays_is_warned_of(
    house: House, web: PublicServer
) -> None:
    house.archive = Archive(house.state / "archive", 1, 10**9)
    linked(house, COPY)
    one(house)
    house.public.before_remove = denied
    house.bucket.put("l/a b.csv", NEXT)
    codes = [warning.code for warning in one(house).warnings]
    assert codes[:2] == ["copy_not_removed", "s3_denied"]
    house.public.before_remove = lambda _key: None
    assert house.sync_one(ask=True).warnings == ()
    assert len(house.public.objects) == 1
