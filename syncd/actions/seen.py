"""What a person saw when they decided: a decision is carried out on nothing else. Pure.

A page is read for minutes, and cycles go on meanwhile. What it shows of a row has a name, which the
decision carries; it is compared under the dataset's lock.
"""

from __future__ import annotations

import hashlib
import json

from syncd.core.errors import Overtaken
from syncd.core.instants import iso
from syncd.core.records import Row


def to_decide(row: Row) -> str:
    """Another file in the bucket, or another reason, is another question."""
    judged = row.judged
    version = [judged.key, judged.fingerprint.etag, judged.digest.sha1] if judged else []
    facts = {name: str(fact) for name, fact in row.reason.facts.items()}
    return _named(*_place(row), row.state.value, row.reason.code, facts, *version)


def online(row: Row) -> str:
    """What a person goes back from."""
    return _named(*_place(row), row.published.digest.sha1 if row.published else "")


def pin(row: Row) -> str:
    return _named(*_place(row), iso(row.pin.at) if row.pin else "")


def must_be(found: str, shown: str | None, row: Row, given: str) -> None:
    """`shown`: None where nothing was shown, as to who types a command. `Overtaken`"""
    if shown is not None and shown != found:
        raise Overtaken("overtaken", title=row.title or row.binding.key, given=given)


def _place(row: Row) -> tuple[str, ...]:
    one = row.binding
    return one.portal, one.dataset, one.resource, one.source, one.key


def _named(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
