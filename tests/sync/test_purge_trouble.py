"""What could not be removed is not said to be gone."""

from __future__ import annotations

import pytest

from syncd.core.errors import SpoolError
from syncd.core.records import Cause
from syncd.sync import retention
from tests.support.sync_harness import House


def test_purge_does_not_say_that_a_file_is_gone_that_is_still_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = house.resource("Titre", content=b"ancien\n")
    house.target(resource, "a.csv", guards="off")
    house.bucket.put("a.csv", b"id\n1\n")
    house.sync()
    kept = [p for p in (house.state / "archive").iterdir() if len(p.name) == 40]
    assert kept
    (row,) = house.rows()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with house.adapters() as adapters:
        monkeypatch.setattr("pathlib.Path.unlink", refuse)
        with pytest.raises(SpoolError):
            retention.purge(row.binding, adapters, Cause("purge", "Léa"))
        monkeypatch.undo()
        assert adapters.archive.sweep(adapters.ledger.claims, adapters.clock()) == len(kept)
