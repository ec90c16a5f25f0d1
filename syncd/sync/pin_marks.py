"""The portal's own mark of a file that stays by somebody's will: what outlives a lost ledger.

That is a pinned one, and one that somebody else put there (drifted, or held as a conflict). The
mark is written when that begins and removed when it ends, each once. One that could not be written
is no trouble of the publication: the next look at the portal puts it right.
"""

from __future__ import annotations

import structlog

from syncd.core.errors import PortalError
from syncd.core.portal import Resource
from syncd.core.ports import Adapters
from syncd.core.records import Outcome, Row
from syncd.core.targets import Binding
from syncd.sync import pins

log = structlog.get_logger("syncd.pins")

# Where the bucket's file is online, nothing is pinned any more. A file that is held leaves a mark
# as it is: what the pin was against may be deposited again.
_ENDED = frozenset({Outcome.UNCHANGED, Outcome.ADOPTED, Outcome.REPLACED, Outcome.LATE})


def put_right(row: Row, online: Resource, adapters: Adapters) -> None:
    """`online`: the row's resource, as the portal last described it."""
    found, against = online.extras.get(pins.MARK), pins.stays_against(row)
    if against is not None:
        wanted = pins.mark_of(row.binding, against)
        if found not in pins.marks_of(row.binding, against):
            _write(row.binding, wanted, adapters)
    elif found is not None and row.state in _ENDED:
        _write(row.binding, None, adapters)


def remove(binding: Binding, adapters: Adapters) -> None:
    """A person let go of the pin."""
    _write(binding, None, adapters)


def _write(binding: Binding, mark: str | None, adapters: Adapters) -> None:
    try:
        adapters.portal.mark(binding.dataset, binding.resource, {pins.MARK: mark})
    except PortalError as error:
        log.warning("pin.not_marked", resource=binding.resource, why=str(error))
