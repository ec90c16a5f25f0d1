"""The history's lines as a chain: each has the hash of the one before and of its own content.

A line of a publication holds what the row in `publications` was when it was written. Names stand
in it as commitments alone, sha256 of a salt and the name: with both erased the line stays what it
was, and nobody can find out whom it named.

What is hashed, and how, is stored for ever: another way would be another `FORM`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from syncd.core.history_records import LineKind

FORM = 1

HASHED = ("id", "at", "kind", "portal", "publication", "content", "former")
COLUMNS = (*HASHED, "hash", "name", "salt")


def canonical(value: object) -> str:
    """The one text of a JSON value."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=repr)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def line_hash(line: Mapping[str, object]) -> str:
    return sha256(canonical([FORM, *(line[name] for name in HASHED)]))


def commitment(salt: str, name: str) -> str:
    return sha256(canonical([salt, name]))


def content_of(
    stored: Mapping[str, object], name: str | None, who: str | None
) -> dict[str, object]:
    """What the chain says of a row of `publications`; `who`, a commitment, in the name's place.

    `ValueError` when its JSON is not as syncd writes it.
    """

    def unnamed(found: Any) -> Any:
        is_named = name and isinstance(found, dict) and found.get("by") == name
        return {**found, "by": who} if is_named else found

    content = {column: value for column, value in stored.items() if column != "id"}
    content["cause"] = unnamed(as_written(stored["cause"]))
    receipt = unnamed(as_written(stored["receipt"]))
    # The long ones by their digest: they are not needed to see what was published.
    content["receipt"] = None if receipt is None else sha256(canonical(receipt))
    content["profile"] = None if stored["profile"] is None else sha256(canonical(stored["profile"]))
    return content


def as_written(text: object) -> Any:
    """JSON that the ledger holds. `ValueError` where its text is another than syncd's own."""
    if text is None:
        return None
    found = json.loads(str(text))
    if json.dumps(found) != text:
        raise ValueError("written by another hand")
    return found


MOST = 1 << 62  # lines: a number above was written by somebody else


@dataclass(slots=True)
class Added:
    """A line that was just written, for the log."""

    line: int
    kind: str
    hash: str


class Chain:
    """Adds lines in a transaction that keeps other writers out from its beginning on."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.added: list[Added] = []

    def add(
        self,
        kind: LineKind,
        at: str,
        portal: str,
        content: Mapping[str, object],
        *,
        by: str = "",
        publication: int | None = None,
    ) -> int:
        """`content` holds no name but by `by`, which becomes its commitment. Returns the number."""
        salt = secrets.token_hex(16) if by else None
        who = commitment(salt, by) if salt else None
        return self._add(kind, at, portal, {**content, "by": who}, by or None, salt, publication)

    def add_publication(self, identifier: int) -> int:
        """The line of a row that is stored already."""
        stored = publication(self._connection, identifier)
        if stored is None:
            raise ValueError("no such publication")
        cause = as_written(stored["cause"])
        by = str(cause.get("by") or "")
        salt = secrets.token_hex(16) if by else None
        who = commitment(salt, by) if salt else None
        at = str(stored["titled_at"] or stored["begun_at"])
        content = content_of(stored, by, who)
        portal = str(stored["portal"])
        return self._add(LineKind.PUBLISHED, at, portal, content, by or None, salt, identifier)

    def _add(
        self,
        kind: LineKind,
        at: str,
        portal: str,
        content: Mapping[str, object],
        name: str | None,
        salt: str | None,
        of: int | None,
    ) -> int:
        count, former = head(self._connection)
        line: dict[str, object] = {
            "id": count + 1,
            "at": at,
            "kind": kind.value,
            "portal": portal,
            "publication": of,
            "content": canonical(content),
            "former": former,
            "name": name,
            "salt": salt,
        }
        line["hash"] = line_hash(line)
        self._connection.execute(_ADD, line)
        self._connection.execute(
            _MOVE_HEAD[_is_typed(self._connection)], {"count": count + 1, "hash": line["hash"]}
        )
        self.added.append(Added(count + 1, kind.value, str(line["hash"])))
        return count + 1


def head(connection: sa.Connection) -> tuple[int, str]:
    """How many lines there are, and the hash of the last one.

    What others did to either stops no publication: the next line gets a number that is free, and
    `verify --history` goes on to say what does not fit.
    """
    number, last, count, former = connection.execute(_ENDS[_is_typed(connection)]).one()
    if count is None:  # no head that a syncd wrote
        count, former = number or 0, last or ""
    return max(int(count), int(number or 0)), str(former)


def publication(connection: sa.Connection, identifier: int) -> dict[str, object] | None:
    """A row of `publications` as SQLite has it."""
    found = connection.execute(_PUBLICATION, {"id": identifier}).mappings().first()
    return dict(found) if found is not None else None


# As SQL's own text: the values must be those that SQLite has, and a migration uses them as well.
_ADD = sa.text(
    f"INSERT INTO history ({', '.join(COLUMNS)}) VALUES (:{', :'.join(COLUMNS)})"  # noqa: S608 -- names of this file
)
# One that no syncd wrote is none, and is left as it is found. SQLite keeps what it is given.
_SOUND = {
    False: f"id = 1 AND typeof(count) = 'integer' AND count BETWEEN 0 AND {MOST}"
    " AND typeof(hash) = 'text'",
    True: f"id = 1 AND count BETWEEN 0 AND {MOST}",
}
_LAST = f"SELECT id, hash FROM history WHERE id BETWEEN 1 AND {MOST} ORDER BY id DESC LIMIT 1"  # noqa: S608 -- as above
# One row, with nothing in the place of what is not there.
_ENDS = {
    typed: sa.text(
        "SELECT last.id, last.hash, head.count, head.hash"  # noqa: S608 -- as above
        f" FROM (SELECT 1) AS one LEFT JOIN ({_LAST}) AS last ON 1 = 1"
        f" LEFT JOIN (SELECT count, hash FROM history_head WHERE {sound}) AS head ON 1 = 1"
    )
    for typed, sound in _SOUND.items()
}
_MOVE_HEAD = {
    typed: sa.text(f"UPDATE history_head SET count = :count, hash = :hash WHERE {sound}")  # noqa: S608 -- as above
    for typed, sound in _SOUND.items()
}


def _is_typed(connection: sa.Connection) -> bool:
    """Whether a column holds nothing but values of its type."""
    return connection.dialect.name != "sqlite"


_PUBLICATION = sa.text("SELECT * FROM publications WHERE id = :id")
