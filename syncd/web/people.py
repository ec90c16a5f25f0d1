"""Who asks, and what they may do. Nobody (`None`) is who is on this machine, and may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from syncd.core.reasons import Reason


class Role(StrEnum):
    READER = "reader"
    OPERATOR = "operator"  # may also decide


@dataclass(frozen=True, slots=True)
class Person:
    """`name`: as the list of people has it; the history has it as `--by`."""

    name: str
    role: Role


class Refusal(HTTPException):
    """What was asked for is not given. `reason`: the one sentence that says why."""

    def __init__(self, code: str, status: HTTPStatus = HTTPStatus.FORBIDDEN, **facts: str) -> None:
        super().__init__(status, code)
        self.reason = Reason(code, facts)


class People:
    """The list: who is not on it is told so, however well they are known elsewhere."""

    def __init__(self, readers: Iterable[str], operators: Iterable[str]) -> None:
        by_role = ((Role.READER, readers), (Role.OPERATOR, operators))  # the later one wins
        self._listed = {
            name.casefold(): Person(name, role) for role, names in by_role for name in names
        }

    def named(self, name: str) -> Person:
        """`Refusal`"""
        found = self._listed.get(name.casefold())
        if found is None:
            raise Refusal("page_unlisted", name=name)
        return found


Who = Callable[[HTTPConnection], Person | None]  # may raise `Refusal`


def nobody(_: HTTPConnection) -> None:
    """Without sign-in all are."""


def person_of(request: HTTPConnection) -> Person | None:
    found: Person | None = request.state.person
    return found


def may_decide(request: HTTPConnection) -> bool:
    """Whether buttons are shown to who asks."""
    person = person_of(request)
    return person is not None and person.role is Role.OPERATOR


def operator(request: HTTPConnection) -> Person:
    """Who decides. `Refusal` where they may only read."""
    person = person_of(request)
    if person is None:
        raise Refusal("page_signed_out")
    if person.role is not Role.OPERATOR:
        raise Refusal("page_only_reads")
    return person
