"""What a dataset's contact sees of its deposits, by a link that opens that alone.

Apart from the rest of the page: it knows no session, and a token here is a right to nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd.actions.status import NEVER, PAUSED, TargetStatus
from syncd.core.errors import SyncdError
from syncd.core.ledger_ports import ServiceLedger
from syncd.core.records import WELL, Act, Outcome, Publication
from syncd.core.targets import DatasetEntry
from syncd.notify import links
from syncd.text import for_producers, sentence, text
from syncd.text.producers import reaches_producers
from syncd.web.charts import shape_of
from syncd.web.reading import Look, Reading
from syncd.web.rendering import Templates

log = structlog.get_logger("syncd.web")

MOST = 50  # files that are listed, and publications
_NOTHING: Mapping[str, object] = {}
_HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Deposit:
    """One file: what was received last, and what became of it."""

    title: str
    key: str
    kind: str  # its shape and colour
    state: str
    said: str
    received: datetime | None
    looked: datetime | None
    published: datetime | None
    link: str


class Deposits:
    """`inner`: the page, for every other address."""

    def __init__(self, inner: ASGIApp, reading: Reading, templates: Templates, key: str) -> None:
        self._inner = inner
        self._reading = reading
        self._templates = templates
        self._key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._inner
        if scope["type"] == "http" and scope["path"].startswith(links.PREFIX):
            app = await run_in_threadpool(self._answered, Request(scope))
        await app(scope, receive, send)

    def _answered(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return self._shown(HTTPStatus.METHOD_NOT_ALLOWED, why=text("page.only_reads"))
        link = links.read(request.url.path.removeprefix(links.PREFIX))
        try:
            look = self._reading.look()
            entry = next(
                (one for one in look.app.manifest.datasets if link and one.dataset == link.dataset),
                None,
            )
            if link is None or entry is None or not self._opens(link, entry):
                return self._shown(HTTPStatus.FORBIDDEN, why=text("page.deposits_no_link"))
            if link.until <= self._reading.now():
                return self._shown(HTTPStatus.GONE, why=text("page.deposits_old_link"))
            with self._reading.ledger(look.app) as ledger:
                facts = self._facts(look, ledger, entry, link)
            return self._shown(HTTPStatus.OK, facts=facts)
        except SyncdError as error:
            log.warning("page.failed", screen="deposits", why=sentence(error.reason))
        except Exception:
            log.exception("page.failed", screen="deposits")
        return self._shown(HTTPStatus.SERVICE_UNAVAILABLE, why=text("page.deposits_later"))

    def _opens(self, link: links.Link, entry: DatasetEntry) -> bool:
        return bool(self._key) and link.is_genuine(self._key, entry.contact or "")

    def _shown(
        self, status: HTTPStatus, *, why: str = "", facts: Mapping[str, object] = _NOTHING
    ) -> Response:
        common = {
            "here": "",
            "as_of": None,
            "person": "",
            "leave": "",
            "decides": False,
            "sections": (),
        }
        html = self._templates.render("deposits", {**common, "why": why, **facts})
        return HTMLResponse(html, status_code=status, headers=_HEADERS)

    def _facts(
        self, look: Look, ledger: ServiceLedger, entry: DatasetEntry, link: links.Link
    ) -> dict[str, object]:
        portal = look.app.manifest.portal
        dataset = ledger.addresses(portal, [entry.dataset]).get(entry.dataset, entry.dataset)
        mine = [one for one in look.report.targets if one.dataset == dataset]
        return {
            "as_of": look.at,
            "title": (mine[0].dataset_title if mine else "") or entry.name or entry.dataset,
            "link": mine[0].dataset_page if mine else "",
            "until": link.until,
            "deposits": list(_deposits(look, self._reading, ledger, mine[:MOST])),
            "more": len(mine) - MOST,
            "published": [
                (one.titled_at or one.begun_at, one.title or one.judged.key, one.judged.key)
                for one in _newest(ledger, portal, dataset)
            ],
        }


def _newest(ledger: ServiceLedger, portal: str, dataset: str) -> list[Publication]:
    put = [one for one in ledger.history(portal, dataset) if one.act in {Act.REPLACED, Act.CREATED}]
    return put[: -MOST - 1 : -1]


def _deposits(
    look: Look, reading: Reading, ledger: ServiceLedger, targets: list[TargetStatus]
) -> Iterator[Deposit]:
    for one in targets:
        row = reading.row(look, ledger, one)
        yield Deposit(
            title=one.title or one.object,
            key=one.object,
            kind=_kind(one),
            state=_state(one),
            said=_said(one),
            received=row.judged.fingerprint.modified if row is not None and row.judged else None,
            looked=one.last_checked_at,
            published=one.last_published_at,
            link=one.link,
        )


def _is_theirs(one: TargetStatus) -> bool:
    return reaches_producers(one.reason.code)


def _is_too_young(one: TargetStatus) -> bool:
    """What was deposited last waits, and all else is well."""
    return one.state in WELL and one.reason.code == "settling"


def _kind(one: TargetStatus) -> str:
    kind = shape_of(one.state)
    if kind == "well" and _is_too_young(one):
        return "unknown"
    return kind if kind in {"well", "kept", "paused", "unknown"} or _is_theirs(one) else "unknown"


def _state(one: TargetStatus) -> str:
    if one.state == NEVER:
        return text("page.deposits_not_yet")
    if one.state in {PAUSED, Outcome.PINNED} or (one.state not in WELL and _is_theirs(one)):
        return text(f"word.{one.state}", count=1)
    is_online = one.state in WELL and not _is_too_young(one)
    return text("page.deposits_online" if is_online else "page.deposits_waits")


def _said(one: TargetStatus) -> str:
    """In a producer's words; what they cannot mend is not told to them."""
    if one.state in {PAUSED, Outcome.PINNED}:
        return text("page.deposits_kept")
    if _is_too_young(one):
        return for_producers(one.reason)
    if one.state in WELL:
        return text("page.deposits_well")
    if one.state == NEVER:
        return ""
    return for_producers(one.reason) if _is_theirs(one) else text("page.deposits_ours")
