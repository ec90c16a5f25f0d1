"""The bytes of one target, as far as the guards want to see them: read once, by the reader.

A file can be such that whoever opens it dies. The ledger says what is being opened: what three
processes did not survive is held, and opened no more.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from syncd.core.errors import ReaderKilled
from syncd.core.portal import Resource
from syncd.core.ports import Adapters, Following, SpooledFile
from syncd.core.reasons import because
from syncd.core.schemas import NoSchema, SchemaRef
from syncd.core.targets import GuardPolicy
from syncd.guards.profile import Profile
from syncd.guards.verdict import Verdict, short
from syncd.sync.context import TargetState
from syncd.sync.decide import Bound

log = structlog.get_logger("syncd.content")

# From which on a file is not opened. Two may be chance: kills that met the same file.
DEATHS = 3
_LARGE = 8_000_000  # bytes: looking into more takes seconds


def schema_of(policy: GuardPolicy, online: Resource | None) -> SchemaRef | None:
    """What a file is held to: what the manifest says, else what its resource says online."""
    if policy.levels.get("schema") == "off":
        return None
    return policy.schema or (online.schema if online is not None else None)


def online_of(state: TargetState) -> Resource | None:
    """The resource that the file is for, where there is one."""
    return state.destination.resource if isinstance(state.destination, Bound) else None


class Content:
    """A spooled file. `name`: its object's key. It is read when its profile is first asked for.

    `schema`: that it is held to, if any. `with_content`: its profile is to have the digest of what
    it says. `following`: a reading that began while it was fetched.
    """

    def __init__(
        self,
        file: SpooledFile,
        name: str,
        adapters: Adapters,
        schema: SchemaRef | None = None,
        *,
        with_content: bool = False,
        following: Following | None = None,
    ) -> None:
        self._file = file
        self._name = name
        self._adapters = adapters
        self._schema = schema
        self._with_content = with_content
        self._following = following
        self._known: Profile | None = None

    @property
    def profile(self) -> Profile:
        """What it holds. `ReaderError` or `Shortage` when nothing was learnt of it, by no fault of
        its own."""
        if self._known is None:
            self._known = self._read_under_schema()
        return self._known

    @property
    def known_profile(self) -> Profile | None:
        """The same, if it was asked for before."""
        return self._known

    def _read_under_schema(self) -> Profile:
        wanted = self._schema
        if wanted is None:
            return self._read("")
        schema = self._adapters.schemas.find(wanted)
        if isinstance(schema, NoSchema):
            verdict = Verdict(schema=short(str(wanted)), trouble=schema.code)
            return replace(self._read(""), schema=verdict)
        profile = self._read(schema.text)
        if profile.schema is None:  # it was not read: its trouble speaks for itself
            return profile
        named = replace(profile.schema, schema=schema.label, sha256=schema.sha256)
        return replace(profile, schema=named)

    def _read(self, schema: str) -> Profile:
        ledger, sha1, name = self._adapters.ledger, self._file.digest.sha1, self._name
        deaths = ledger.deaths(sha1, name)
        if deaths >= DEATHS:
            return self._deadly(deaths)
        was_opened = False

        def note() -> None:
            nonlocal was_opened
            ledger.begin_reading(sha1, name, self._adapters.clock())
            was_opened = True

        size = self._file.digest.size
        if size >= _LARGE:
            log.info("content.reading", key=name, size=size)
        try:
            with self._adapters.progress.transfer(name, "guard", size):
                text = self._adapters.reader.read(
                    self._file,
                    name,
                    note,
                    schema,
                    with_content=self._with_content,
                    following=self._following,
                )
        except ReaderKilled:
            if deaths + 1 >= DEATHS:
                return self._deadly(deaths + 1)
            raise
        except BaseException:
            if was_opened:
                ledger.end_reading(sha1, name)
            raise
        ledger.end_reading(sha1, name)
        found = Profile.from_json(text)
        return Profile(fault=because("guard_fault", detail="profile")) if found is None else found

    def _deadly(self, deaths: int) -> Profile:
        log.warning("content.deadly", key=self._name, deaths=deaths)
        return Profile(trouble=because("guard_deaths"))
