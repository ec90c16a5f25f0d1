"""What operators decide on the page, carried out apart from it: by the actions of the commands.

A permission is noted at once, and whichever cycle comes by first publishes; where a service runs it
is asked for one. What sends a file itself (going back to an earlier one) takes as long as it takes,
and no page waits so long: who asked is sent to the page that says how it goes. Killed meanwhile, it
ends as a killed command does: the next cycle finds what it was in the middle of.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

import structlog

from syncd import bootstrap
from syncd.config import configuration
from syncd.config.configuration import App
from syncd.core.errors import Overtaken, SyncdError, UsageError
from syncd.core.patience import Patience
from syncd.core.ports import Adapters
from syncd.core.reasons import Reason
from syncd.core.records import Cause, Outcome
from syncd.core.results import Report
from syncd.core.targets import DatasetEntry
from syncd.core.unseen import as_shown
from syncd.service.instance_lock import is_anyone_there
from syncd.web.people import Person
from syncd.web.reading import Reading, target_of

log = structlog.get_logger("syncd.web")

Verb = Literal["release", "leave", "undo", "unpin", "look"]
VERBS: tuple[Verb, ...] = get_args(Verb)
PATIENCE = 8.0  # seconds that a page waits for one
NOTE = 500  # letters of a note
TOLD = timedelta(minutes=10)  # for so long its page says how it went
_LIMIT = 60.0  # seconds that one waits in all, for a lock, a portal or a store: as what is typed
_AT_ONCE = 4
_KEPT = 100

Opened = Callable[[App], AbstractContextManager[Adapters]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was sent. `resource`, `object`: of the target, as an address of the page names it;
    neither, where it is about the dataset. `shown`: what was looked at (`syncd.actions.seen`)."""

    verb: Verb
    dataset: str
    resource: str = ""
    object: str = ""
    shown: str = ""
    number: int | None = None  # of a line of the history
    note: str = ""

    @property
    def about(self) -> tuple[str, str]:
        return self.dataset, self.resource or self.object


def wished(form: Mapping[str, str]) -> Wish:
    """`UsageError` where no page of ours sends that."""
    verb = next((one for one in VERBS if one == form.get("act")), None)
    number, note = form.get("to", ""), as_shown(form.get("note", ""))
    if verb is None or not form.get("dataset") or len(number) > 9:
        raise UsageError("page_odd_wish")
    if number and not (number.isascii() and number.isdigit()):
        raise UsageError("page_odd_wish")
    if len(note) > NOTE:
        raise UsageError("page_note_long", most=NOTE, count=len(note))
    return Wish(
        verb,
        form["dataset"],
        form.get("resource", ""),
        form.get("object", ""),
        form.get("shown", ""),
        int(number) if number else None,
        note,
    )


@dataclass(slots=True)
class Doing:
    """One wish on its way. `trouble`: why it is not done; `service`: one was asked to go on."""

    wish: Wish
    by: str
    at: datetime
    done: threading.Event = field(default_factory=threading.Event)
    trouble: Reason | None = None
    error: SyncdError | None = None
    service: bool = False
    former: Doing | None = None  # the same wish, when it was last carried out


@contextmanager
def opened(app: App) -> Iterator[Adapters]:
    limit = Patience(_LIMIT, time.monotonic)
    waits = bootstrap.Waits(allows=limit.allows, longest=limit.seconds)
    with bootstrap.adapters(app, bootstrap.Silence(), read_only=False, waits=waits) as adapters:
        yield adapters


class Acting:
    """May be asked from any thread."""

    def __init__(
        self, reading: Reading, opened: Opened = opened, patience: float = PATIENCE
    ) -> None:
        self._reading = reading
        self._opened = opened
        self._patience = patience
        self._doings: OrderedDict[object, Doing] = OrderedDict()
        self._lock = threading.Lock()

    def do(self, wish: Wish, person: Person) -> Doing:
        """Begun, and done or not: it is waited for as long as a page waits.

        What is on its way already is not begun twice. `UsageError` where there is no such target.
        """
        with self._lock:
            found = self._on_its_way(wish)
            if found is None:
                found = self._begun(wish, person)
        found.done.wait(self._patience)
        return found

    def told(self, about: tuple[str, str]) -> Doing | None:
        """The last one about this target, or dataset, if it was not long ago."""
        since = self._reading.now() - TOLD
        with self._lock:
            every = reversed(list(self._doings.values()))
        mine = (one for one in every if one.wish.about == about)
        return next((one for one in mine if one.at >= since or not one.done.is_set()), None)

    def _on_its_way(self, wish: Wish) -> Doing | None:
        found = self._doings.get(_name(wish))
        return found if found is not None and not found.done.is_set() else None

    def _begun(self, wish: Wish, person: Person) -> Doing:
        running = sum(not one.done.is_set() for one in self._doings.values())
        if running >= _AT_ONCE:
            raise SyncdError("page_acts_busy")
        doing = Doing(wish, person.name, self._reading.now())
        former = self._doings.pop(_name(wish), None)
        if former is not None and former.trouble is None and former.at >= doing.at - TOLD:
            doing.former = replace(former, former=None)
        self._doings[_name(wish)] = doing
        for key in [key for key, one in self._doings.items() if one.done.is_set()]:
            if len(self._doings) > _KEPT:
                del self._doings[key]
        threading.Thread(target=self._work, args=(doing,), name="decision", daemon=True).start()
        return doing

    def _work(self, doing: Doing) -> None:
        try:
            self._carry_out(doing)
        except Overtaken as error:
            if doing.former is not None:  # by the same wish, sent twice: that is done
                doing.service = doing.former.service
            else:
                doing.error, doing.trouble = error, error.reason
        except SyncdError as error:
            doing.error, doing.trouble = error, error.reason
        except Exception as error:
            log.exception("page.decision_failed")
            doing.error = SyncdError("page_act_fault", detail=type(error).__name__)
            doing.trouble = doing.error.reason
        finally:
            self._reading.forget()
            _tell(doing)
            doing.done.set()

    def _carry_out(self, doing: Doing) -> None:
        wish, now = doing.wish, self._reading.now()
        look = self._reading.look()
        app = look.app
        if wish.verb == "look":
            with self._reading.ledger(app) as ledger:
                entries = self._reading.entries(look, ledger, wish.dataset)
            if not entries:
                raise UsageError("no_such_dataset", given=wish.dataset, near="")
            self._ask_for(doing, app, *(entry.dataset for entry in entries))
            return
        one = target_of(look, wish.dataset, wish.resource, wish.object)
        with self._reading.ledger(app) as ledger:
            found = self._reading.found(look, ledger, one) if one is not None else None
        if found is None:
            raise UsageError("target_never_looked", given=wish.resource or wish.object)
        entry, row = found
        only = row.binding.resource or row.binding.key
        cause = configuration.cause(app, wish.verb, doing.by, wish.note)
        with self._opened(app) as adapters:
            _TO_DO[wish.verb](_Asked(entry, only, wish, cause, now), adapters, doing)
        if wish.verb in {"release", "unpin"} and doing.trouble is None:
            self._ask_for(doing, app, entry.dataset, needed=False)

    def _ask_for(self, doing: Doing, app: App, *datasets: str, needed: bool = True) -> None:
        """For cycles, of the service. `SyncdError` where none runs, and one is `needed`."""
        from syncd.actions.trigger import trigger

        state = app.settings.state_dir
        with bootstrap.ledger(app, read_only=False) as ledger:
            doing.service = is_anyone_there(state) or bool(ledger.replicas())
            if not doing.service and needed:
                raise SyncdError("no_service", folder=str(state))
            for dataset in datasets if doing.service else ():
                trigger(app, ledger, dataset, self._reading.now())


def _name(wish: Wish) -> object:
    """A double click is one wish, whatever else was written meanwhile."""
    return (wish.verb, *wish.about, wish.shown, wish.number)


def _tell(doing: Doing) -> None:
    """The line for who asks later who did what."""
    wish = doing.wish
    facts = {"dataset": wish.dataset, "resource": wish.resource, "object": wish.object}
    said = {"act": wish.verb, "person": doing.by, **facts, "number": wish.number}
    if doing.trouble is None:
        log.info("page.decided", **said, result="done", asked_service=doing.service)
    else:
        log.warning("page.decided", **said, result="failed", why=doing.trouble.code)


# -- the actions, loaded when one is first asked for: with them come the steps of a pass -------


@dataclass(frozen=True, slots=True)
class _Asked:
    entry: DatasetEntry
    only: str
    wish: Wish
    cause: Cause
    now: datetime


def _release(asked: _Asked, adapters: Adapters, _: Doing) -> None:
    from syncd.actions.release import permit

    permit(
        asked.entry, asked.only, adapters, asked.cause, _LIMIT, asked.now, shown=asked.wish.shown
    )


def _leave(asked: _Asked, adapters: Adapters, doing: Doing) -> None:
    from syncd.actions.undo import UndoRequest, leave

    request = UndoRequest(asked.only, asked.cause, None, _LIMIT, asked.wish.shown)
    _judge(leave(asked.entry, request, adapters, asked.now), doing)


def _undo(asked: _Asked, adapters: Adapters, doing: Doing) -> None:
    from syncd.actions.undo import UndoRequest, undo

    request = UndoRequest(asked.only, asked.cause, asked.wish.number, _LIMIT, asked.wish.shown)
    _judge(undo(asked.entry, request, adapters, asked.now), doing)


def _unpin(asked: _Asked, adapters: Adapters, _: Doing) -> None:
    from syncd.actions.undo import UndoRequest, unpin

    request = UndoRequest(asked.only, asked.cause, None, _LIMIT, asked.wish.shown)
    unpin(asked.entry, request, adapters, asked.now)


def _judge(report: Report, doing: Doing) -> None:
    (result,) = report.results
    if result.outcome is not Outcome.PINNED:
        doing.trouble = result.reason


_TO_DO: Mapping[Verb, Callable[[_Asked, Adapters, Doing], None]] = {
    "release": _release,
    "leave": _leave,
    "undo": _undo,
    "unpin": _unpin,
}
