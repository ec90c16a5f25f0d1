"""The ledger's note of what is being looked into."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from syncd.adapters.ledger import declaration
from syncd.adapters.ledger.database import Database
from syncd.adapters.ledger.tables import readings


class Readings(Database):
    def deaths(self, sha1: str, name: str) -> int:
        with self._read() as connection:
            found = connection.execute(_DEATHS, {"of_sha1": sha1, "of_name": name}).first()
            if found is None:
                return 0
            return int(_BEGUN.loaded(found[0]))

    def begin_reading(self, sha1: str, name: str, now: datetime) -> None:
        with self._begin(wait_for_disk=False, alone=False) as connection:
            connection.execute(_BEGIN, {"sha1": sha1, "name": name, "begun": 1, "begun_at": now})

    def end_reading(self, sha1: str, name: str) -> None:
        with self._begin(wait_for_disk=False, alone=False) as connection:
            connection.execute(_END, {"of_sha1": sha1, "of_name": name})


_THIS = (
    readings.c.sha1 == sa.bindparam("of_sha1"),
    readings.c.name == sa.bindparam("of_name"),
)
_BEGUN = declaration.readings.columns["begun"].kind
_DEATHS = sa.select(readings.c.begun).where(*_THIS)
_BEGIN = insert(readings)
_BEGIN = _BEGIN.on_conflict_do_update(
    index_elements=["sha1", "name"],
    set_={"begun": readings.c.begun + 1, "begun_at": _BEGIN.excluded.begun_at},
)
_END = sa.delete(readings).where(*_THIS)
