"""Names of persons are replaced by pseudonyms; the history's chain stays what it was.

A line's hash covers a commitment to the name, not the name. Without its salt, which goes with it,
the commitment is a random number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from syncd.adapters.ledger.chain import Chain
from syncd.adapters.ledger.history import History, add_event, history_log
from syncd.adapters.ledger.reads import inflated
from syncd.adapters.ledger.tables import metadata
from syncd.core.history_records import Event, Forgotten, LineKind

# Where a name stands beside the history: in what is in force, or still told. Table, column, and the
# column that says how old it is where the value does not say itself.
_ELSEWHERE = (
    ("bindings", "pin", "checked_at"),
    ("bindings", "release", "checked_at"),
    ("bindings", "reason", "checked_at"),
    ("intents", "cause", "started_at"),
    ("intents", "pin", "started_at"),
    ("alerts", "reason", "since"),
    ("alerts", "about", "since"),
)


class Names(History):
    def names(self) -> tuple[str, ...]:
        """Those that the history has."""
        with self._read() as connection:
            return tuple(connection.execute(_NAMES).scalars())

    def forget_name(self, name: str, by: str, now: datetime) -> Forgotten | None:
        """None when nobody of that name stands anywhere.

        The bytes of the name leave the ledger's file as well, unless another program reads it.
        """
        with self._chaining() as (connection, chain):
            found = _erase(connection, chain, name, by, now)
        if found is not None:
            self._clean(vacuum=True)
        return found

    def forget_names(self, before: datetime, now: datetime) -> int:
        """Those in lines from before that instant; how many names."""
        with self._chaining() as (connection, chain):
            found = connection.execute(_NAMED).all()
            old = {name for name, at in found if datetime.fromisoformat(at) < before}
            for name in sorted(old):
                _erase(connection, chain, name, "", now, before)
        if old:
            self._clean()
        return len(old)

    def _clean(self, *, vacuum: bool = False) -> None:
        """What was erased is in no file any more: not between the rows, not in the WAL."""
        try:
            self._on.clean(vacuum=vacuum)
        except sa.exc.DatabaseError as error:
            history_log().warning("history.names_linger", why=str(error.orig))


def _erase(
    connection: sa.Connection,
    chain: Chain,
    name: str,
    by: str,
    now: datetime,
    before: datetime | None = None,
) -> Forgotten | None:
    taken = {json.loads(content)["facts"]["as"] for content in _scalars(connection, _FORGOTTEN)}
    taken |= set(_scalars(connection, _WORDS))
    word = next(w for n in count(1) if (w := f"person-{n}") not in taken)
    named = connection.execute(_LINES_OF, {"name": name}).all()
    lines = [
        (line, publication)
        for line, publication, at in named
        if before is None or datetime.fromisoformat(at) < before
    ]
    elsewhere = _replace_elsewhere(connection, name, word, before)
    if not lines and not elsewhere:
        return None
    facts: dict[str, Any] = {"as": word, "lines": [line for line, _ in lines]}
    if by == name:  # who forgets oneself is named by the pseudonym at once
        by = word
    add_event(chain, Event(LineKind.FORGOTTEN, now, by=by, facts=facts))
    for line, publication in lines:
        connection.execute(_PSEUDONYM, {"word": word, "line": line})
        if publication is not None:
            _rename_publication(connection, publication, name, word)
    return Forgotten(word, len(lines), _left(connection, name))


def _rename_publication(connection: sa.Connection, of: int, name: str, word: str) -> None:
    row = connection.execute(_NAMED_IN, {"of": of}).first()
    if row is not None:  # else the walk along the chain will say that it is gone
        cause, receipt = (_without(json.loads(t), name, word) if t else None for t in row)
        values = {"cause": json.dumps(cause), "receipt": json.dumps(receipt) if receipt else None}
        connection.execute(_RENAME, {**values, "of": of})


def _replace_elsewhere(
    connection: sa.Connection, name: str, word: str, before: datetime | None
) -> int:
    replaced = 0
    for table, column, age in _ELSEWHERE:
        # Without their types: what is stored is read and written as it is.
        keys = metadata.tables[table].primary_key.columns.keys()
        place = sa.table(table, *map(sa.column, {*keys, column, age}))
        asked = (place.c[name] for name in (column, age, *keys))
        found = sa.select(*asked).where(place.c[column].is_not(None))
        for text, at, *row in connection.execute(found).all():
            value = json.loads(text)
            fresh = _without(value, name, word, before, at)
            if fresh != value:
                same = (place.c[key] == one for key, one in zip(keys, row, strict=True))
                this = sa.update(place).where(*same)
                connection.execute(this.values({column: json.dumps(fresh)}))
                replaced += 1
    return replaced


def _without(value: Any, name: str, word: str, before: datetime | None = None, at: str = "") -> Any:
    """`value`, as JSON has it, with another word where `by` is this name.

    `before`: only where that is older; `at`: how old it is where it does not say so itself.
    """
    if isinstance(value, list):
        return [_without(one, name, word, before, at) for one in value]
    if not isinstance(value, dict):
        return value
    at = value.get("at") or value.get("since") or at
    old = before is None or _is_before(at, before)
    return {
        key: word if key == "by" and one == name and old else _without(one, name, word, before, at)
        for key, one in value.items()
    }


def _is_before(at: object, before: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(at)) < before
    except (ValueError, TypeError):  # no instant, or without a zone
        return False


def _left(connection: sa.Connection, name: str) -> int:
    """In how many notes and manifests it stands: these are kept as they were written."""
    written = [*_scalars(connection, _CAUSES), *_scalars(connection, _CONTENTS)]
    notes = sum(name in (json.loads(text).get("note") or "") for text in written)
    return notes + sum(name.encode() in inflated(text) for text in _scalars(connection, _TEXTS))


def _scalars(connection: sa.Connection, statement: sa.TextClause) -> Sequence[Any]:
    return connection.execute(statement).scalars().all()


# A name has its salt beside it; a pseudonym has none.
_NAMES = sa.text("SELECT DISTINCT name FROM history WHERE salt IS NOT NULL ORDER BY name")
_WORDS = sa.text("SELECT DISTINCT name FROM history WHERE name IS NOT NULL")
_FORGOTTEN = sa.text("SELECT content FROM history WHERE kind = 'forgotten'")
_NAMED = sa.text("SELECT name, min(at) FROM history WHERE salt IS NOT NULL GROUP BY name")
_LINES_OF = sa.text(
    "SELECT id, publication, at FROM history WHERE salt IS NOT NULL AND name = :name ORDER BY id"
)
_PSEUDONYM = sa.text("UPDATE history SET name = :word, salt = NULL WHERE id = :line")
_NAMED_IN = sa.text("SELECT cause, receipt FROM publications WHERE id = :of")
_RENAME = sa.text("UPDATE publications SET cause = :cause, receipt = :receipt WHERE id = :of")
_CAUSES = sa.text("SELECT cause FROM publications")
_CONTENTS = sa.text("SELECT content FROM history WHERE publication IS NULL")
_TEXTS = sa.text("SELECT text FROM manifests")
