"""A state folder that the syncd of 768011b left behind is taken over as it is.

It has a history, holds, a permission that was not used, pins by `undo` and by `push`, files in the
archive, alerts that were told, a dataset by its slug, and three uploads that were killed: see
tests/support/old_state/README.md.
"""

from __future__ import annotations

import json
import re
import shlex
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncd.adapters.ledger import SqlLedger, schema, tables
from tests.support.network.listener import Listener
from tests.support.old_state import as_text
from tests.support.old_state.world import KEPT, World, restored
from tests.support.s3_servers import Server

IDS: dict[str, str] = as_text.read(KEPT / "ids.json")
CODES: dict[str, int] = as_text.read(KEPT / "codes.json")
AHEAD = "next_run"  # an instant after now

# What a cycle does with what `plan` says.
DONE = {"adopt": "adopted", "create": "created", "hold": "held", "replace": "replaced"}
CUT_SHORT = {
    "gros.csv": "replaced",
    "perdu.csv": "replaced",
    "recensement/recensement_2024.csv": "created",
}


@pytest.fixture
def world(moto_server: Server, tmp_path: Path) -> Iterator[World]:
    with restored(tmp_path, moto_server) as found:
        bring_forward(found)
        yield found


def bring_forward(world: World) -> None:
    """What the first command does that may write: the tables become those of today."""
    SqlLedger(None, world.state).close()


def differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """What the old document says and the new one does not; more keys are no difference."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key == AHEAD:
                same = (value is None) == (new.get(key) is None)
                yield from () if same else (f"{where}.{key}: {value} -> {new.get(key)}",)
            elif key not in new:
                yield f"{where}.{key} is gone"
            else:
                yield from differences(value, new[key], f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif old != new or type(old) is not type(new):
        yield f"{where}: {old!r} -> {new!r}"


def sent(world: World) -> list[str]:
    """The dataset of each file, or part of one, or last request after the parts."""
    return [one.path.split("/")[4] for one in world.simulator.journal.uploads()]


def online(world: World, name: str, dataset: str = "main dataset") -> tuple[str, bytes]:
    """Title and bytes."""
    store = world.simulator.store
    place = IDS[dataset], IDS[name]
    return store.snapshot(*place).title, store.content(*place)


def deposited(world: World, key: str) -> bytes:
    return as_text.to_bytes(world.objects()[key]["content"])


def history(world: World) -> list[tuple[str, str]]:
    lines = world.run("history", "--json").document["publications"]
    return [(line["object"], line["act"]) for line in lines]


@pytest.mark.parametrize("command", sorted(CODES))
def test_what_is_shown_is_what_the_old_code_showed(world: World, command: str) -> None:
    done = world.run(command, "--json")

    assert done.code == CODES[command], done.err
    old, new = _as_said_today(as_text.read(KEPT / f"{command}.json")), done.document
    if command == "plan":
        # The old code's plan took no notice of uploads that had been cut short; now it says of
        # them what the sync after it does.
        foreseen = {one["object"]: one["action"] for one in new["actions"]}
        assert {key: DONE[foreseen[key]] for key in CUT_SHORT} == CUT_SHORT
        old, new = (_without_the_cut_short(document) for document in (old, new))
    assert list(differences(old, new)) == []


def _as_said_today(document: Any) -> Any:
    """The old code told the time of the machine, in UTC."""
    text = json.dumps(document, ensure_ascii=False)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", _in_paris, text)
    return _with_whole_commands(json.loads(text))


def _with_whole_commands(document: Any) -> Any:
    """The old code let anybody force a file online, and left the target of a command out."""
    if isinstance(document, list):
        return [_with_whole_commands(one) for one in document]
    if not isinstance(document, dict):
        return document
    whole = {name: _with_whole_commands(value) for name, value in document.items()}
    if isinstance(said := whole.get("reason"), str):
        target = shlex.quote(whole["resource"] or whole["object"])
        said = said.replace("… --force`", "… --force --by NAME`").replace("…", target)
        whole["reason"] = said.replace("`syncd unpin`", f"`syncd unpin {target} --by NAME`")
    return whole


def _in_paris(told: re.Match[str]) -> str:
    there = datetime.fromisoformat(f"{told[0]}+00:00").astimezone(ZoneInfo("Europe/Paris"))
    return f"{there:%Y-%m-%d %H:%M} Europe/Paris"


def _without_the_cut_short(plan: dict[str, Any]) -> dict[str, Any]:
    actions = [one for one in plan["actions"] if one["object"] not in CUT_SHORT]
    return {**plan, "actions": actions, "summary": Counter(one["action"] for one in actions)}


def test_the_old_ledger_gets_the_tables_that_the_code_works_with(
    moto_server: Server, tmp_path: Path
) -> None:
    with restored(tmp_path, moto_server) as world:
        assert world.ledger("SELECT version_num FROM alembic_version") == [("0003",)]
        bring_forward(world)

        assert world.ledger("SELECT version_num FROM alembic_version") == [(schema.HEAD,)]
        for name, table in tables.metadata.tables.items():
            columns = [column[1] for column in world.ledger(f"PRAGMA table_info({name})")]
            assert sorted(columns) == sorted(column.name for column in table.columns), name
        assert world.run("status").code == 0


def test_open_uploads_are_finished_once_and_pins_and_holds_stay(world: World) -> None:
    before = history(world)
    planned = as_text.read(KEPT / "plan.json")["actions"]
    kept = {name: online(world, name) for name in ("agenda", "elus", "ecoles", "derive", "conflit")}

    done = world.sync()

    expected = {one["object"]: DONE.get(one["action"], one["action"]) for one in planned}
    assert done.outcomes == expected | CUT_SHORT
    assert done.code == 3
    # Both parts of the large file, and the request that puts them together. Of the two files that
    # the portal had already, with their answers lost, nothing is sent.
    assert sent(world) == [IDS["large dataset"]] * 3
    large = deposited(world, "gros.csv")
    assert online(world, "gros", "large dataset") == ("Gros fichier", large)
    lost = deposited(world, "perdu.csv")
    assert online(world, "perdu", "lost dataset") == ("Réponse perdue", lost)
    made = world.simulator.store.dataset(IDS["made dataset"]).resources
    assert sorted(one.title for one in made) == ["Recensement 2023", "Recensement 2024"]
    assert sorted(history(world)[len(before) :]) == sorted(CUT_SHORT.items())
    assert {name: online(world, name) for name in kept} == kept
    assert world.ledger("SELECT count(*) FROM intents WHERE state = 'open'") == [(0,)]
    assert list((world.state / "spool").iterdir()) == []

    again = world.sync()

    assert again.code == 3
    assert again.outcomes == expected | dict.fromkeys(CUT_SHORT, "unchanged")
    assert len(sent(world)) == 3
    alone = world.sync("--dataset", IDS["large dataset"])
    assert (alone.code, alone.outcomes) == (0, {"gros.csv": "unchanged"})


def test_the_old_history_is_chained_and_a_change_shows_from_then_on(world: World) -> None:
    (count,) = world.ledger("SELECT count(*) FROM publications")[0]
    found = world.run("verify", "--history", "--json")
    assert (found.code, found.document["breaks"]) == (0, []), found.all
    assert found.document["lines"] == count + 1  # and one that says that they were chained late
    (event,) = world.run("history", "--json").document["events"]
    assert (event["kind"], event["facts"]) == ("chained", {"lines": count})

    world.sync()
    names = {line["by"] for line in world.run("history", "--json").document["publications"]}
    name = sorted(names - {None})[0]
    assert world.run("forget", name, "--by", "Zoé").code == 0
    whole = world.run("verify", "--head", found.document["head"])
    assert whole.code == 0, whole.all
    assert name not in world.run("history", "--json").out


def test_undo_goes_back_to_a_file_of_the_old_archive(world: World) -> None:
    title, _ = online(world, "liste")

    done = world.run("undo", "liste.csv", "--by", "Léa Martin", "--json")

    assert (done.code, done.outcomes) == (0, {"liste.csv": "pinned"}), done.all
    assert online(world, "liste") == (title, b"nom\n" + b"liste bis\n" * 60)
    assert title == "Liste des musées"
    assert sent(world) == [IDS["main dataset"]]


def test_a_held_file_is_released_as_it_was_held(world: World) -> None:
    done = world.run("release", "ecoles.csv", "--by", "Léa Martin", "--json")

    assert (done.code, done.outcomes) == (0, {"ecoles.csv": "replaced"}), done.all
    assert online(world, "ecoles") == ("Écoles à la rentrée", deposited(world, "ecoles.csv"))
    assert sent(world) == [IDS["main dataset"]]


def test_what_was_told_is_not_told_again_but_its_end_is(world: World) -> None:
    since = world.ledger("SELECT item, state, since FROM alerts ORDER BY item")
    with Listener() as listener:
        address = f"json://{listener.place}/ops"
        with world.running("run", SYNCD_NOTIFY_URLS=address) as running:
            for _ in range(4):
                running.wait_for("cycle.done")
            assert world.ledger("SELECT item, state, since FROM alerts ORDER BY item") == since
            world.put("ecoles.csv", b"nom\n" + b"corrig\xc3\xa9\n" * 50, datetime.now(UTC))
            running.process.send_signal(signal.SIGUSR1)
            running.wait_for("notify.sent")
            running.process.terminate()
            assert running.finish().code == 0
        told = listener.posted.get_nowait()
        assert listener.posted.empty()
    assert "Écoles à la rentrée" in told["message"]
    assert told["title"].endswith("is well again")
    left = world.ledger("SELECT item, state, since FROM alerts ORDER BY item")
    assert left == [one for one in since if one[0] != IDS["ecoles"]]
