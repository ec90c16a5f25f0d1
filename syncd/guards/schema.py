"""A file that breaks rules of the schema that it is held to."""

from __future__ import annotations

from collections.abc import Sequence

from syncd.core.i18n_markers import N_
from syncd.core.reasons import Reason, because
from syncd.guards.check_input import CheckInput
from syncd.guards.guard import FileGuard, Group, Scope
from syncd.guards.verdict import SchemaError, Verdict

NEW, KNOWN = "guard_schema_new", "guard_schema"
_SHOWN = 3  # kinds of errors in a sentence
_UNCHECKED = (  # why it was not held to its schema: nobody's fault that a release would lift
    "guard_schema_damaged",
    "guard_schema_elsewhere",
    "guard_schema_file",
    "guard_schema_large",
    "guard_schema_no_catalogue",
    "guard_schema_other_kind",
    "guard_schema_unknown",
    "guard_schema_unreadable",
)


def look(case: CheckInput) -> Reason | None:
    now = case.profile.schema
    if now is None:
        return None
    if now.trouble:
        return because(f"guard_{now.trouble}", schema=now.schema)
    if not now.errors:
        return None
    before = case.before.schema if case.before is not None else None
    new = _new(now, before)
    if new:
        # With the digest of the schema: under another one the file is judged anew.
        facts = {"schema": now.schema, "sha256": now.sha256}
        return because(NEW, **facts, count=len(new), errors=_listed(new))
    return because(KNOWN, schema=now.schema, count=now.kinds, errors=_listed(now.errors))


def _new(now: Verdict, before: Verdict | None) -> list[SchemaError]:
    """Against a publication under the very same schema; else nothing is known of what was."""
    if before is None or before.trouble or before.sha256 != now.sha256:
        return []
    known = {error.kind for error in before.errors}
    return [error for error in now.errors if error.kind not in known]


def _listed(errors: Sequence[SchemaError]) -> str:
    """Column, rule, how often, the first rows: in the schema's own words."""
    shown = "; ".join(map(_said, errors[:_SHOWN]))
    return f"{shown}; …" if len(errors) > _SHOWN else shown


def _said(error: SchemaError) -> str:
    rule = f"{error.rule} {error.expected[:60]}".strip()
    places = ", ".join(map(str, error.rows))
    more = ", …" if error.rows and error.count > len(error.rows) else ""
    where = f" ({places}{more})" if places else ""
    return f"“{error.column[:60]}” {rule} ×{error.count}{where}"


GUARD = FileGuard(
    name="schema",
    group=Group.CELLS,
    rank=155,
    summary=N_(
        "A file that breaks rules of its schema. With `hold`, kinds of errors that the last "
        "publication did not have hold it; those that it had are only told."
    ),
    detail=N_("The schema is the one that `schema` says, else the one of the portal's resource."),
    scope=Scope.CHANGES,
    level="warn",
    own_past=True,
    only_told=frozenset({KNOWN, *_UNCHECKED}),
    look=look,
)
