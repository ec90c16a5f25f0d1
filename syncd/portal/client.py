"""The portal over HTTP: the `Portal` of `syncd.ports`, for udata servers such as data.gouv.fr.

Only what `syncd` needs, and only calls that leave other people's work alone: the dataset itself
is never PUT (it is not partial: absent fields are emptied).
"""

from __future__ import annotations

import itertools
import random
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import httpx
import structlog

from syncd import __version__
from syncd.catalogue import CatalogueEntry
from syncd.errors import (
    AnswerLost,
    Gone,
    NotAllowed,
    NotFound,
    PortalUnreachable,
    Rejected,
)
from syncd.model import Account, Dataset, Resource
from syncd.portal import answers, catalogue, downloads, parts, reaching
from syncd.portal.patience import Patience, unpublished
from syncd.portal.turns import Turns
from syncd.ports import Download, SpooledFile, Transfer, Usage

log = structlog.get_logger("syncd.portal")

T = TypeVar("T")

SLOWEST_BYTES_PER_SECOND = 5_000_000  # how slow a server may be at storing what it received
EXTENSIONS_HOLD = 86400.0  # seconds
_REDIRECTS = 3
_NO_UDATA = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_PAGE = 100  # datasets of a list in one answer


class HttpPortal:
    """`wait` is called with seconds between tries; tests give one that returns at once.

    `at_once`: requests under way at the same time, those with parts of files included.
    """

    def __init__(
        self,
        url: str,
        api_key: str,  # "" = as anybody
        *,
        wait: Callable[[float], None],
        connect_timeout: float = 10,
        read_timeout: float = 60,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        part_threshold: int = parts.THRESHOLD,
        part_size: int = parts.SIZE,
        at_once: int = 16,
        dice: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._way = reaching.way(url, api_key, proxy)
        self._usage = Usage(via=self._way.via)
        self._clock = clock
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._part_threshold = part_threshold
        self._part_size = part_size
        self._extensions: frozenset[str] | None = None
        self._extensions_at = 0.0
        self._turns = Turns(at_once)
        self._patience = Patience(wait, dice, ticks, self._found)
        self._lock = threading.Lock()
        self._noting = threading.Lock()
        self._trusted = tls(ca_bundle)
        self._client = httpx.Client(
            base_url=url,
            headers={
                **({"X-API-KEY": api_key} if api_key else {}),
                "Accept": "application/json",  # else a 404 is an HTML page
                "User-Agent": f"syncd/{__version__} (S3 to data.gouv.fr publisher)",
            },
            # A good key also opens a session, and its cookie would then outweigh any later key.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=self._timeout(0),
            # As many connections as there are requests: those who ask bound them, and a request
            # that waits here for another one's connection would fail by a timeout.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
            verify=self._trusted,
            proxy=_proxy(proxy, ca_bundle) if proxy else None,
            trust_env=False,
            follow_redirects=False,
        )

        self._anybody = partial(
            httpx.Client,
            headers={"User-Agent": self._client.headers["User-Agent"]},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=self._timeout(0),
            verify=self._trusted,
            proxy=_proxy(proxy, ca_bundle) if proxy else None,
            trust_env=False,
            follow_redirects=True,
            max_redirects=_REDIRECTS,
        )

    @property
    def url(self) -> str:
        return self._url

    @property
    def part_size(self) -> int:
        return self._part_size

    @property
    def usage(self) -> Usage:
        """How the portal was found by the last request, tries and pauses included."""
        return self._usage

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> HttpPortal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ----------------------------------------------------------------------------

    def resolve(self, address: str) -> str:
        path = f"/api/1/datasets/{quote(address, safe='')}/"
        return self._ask("GET", path, "dataset", lambda body: str(body["id"]))

    def dataset_of(self, resource: str) -> str:
        path = f"/api/2/datasets/resources/{quote(resource, safe='')}/"
        return self._ask("GET", path, "resource", lambda body: str(body["dataset_id"]))

    def datasets_of(self, organization: str) -> tuple[str, ...]:
        found: list[str] = []
        path = f"/api/1/organizations/{quote(organization, safe='')}/datasets/?page_size={_PAGE}"
        for page in range(1, catalogue.MOST_PAGES + 1):
            answer = self._ask(
                "GET", f"{path}&page={page}", "organization", answers.page_of_datasets
            )
            found += answer[0]
            if not answer[1]:
                return tuple(dict.fromkeys(found))
        raise PortalUnreachable("portal_not_udata", host=self._way.host, what="organization")

    def describe(self, dataset: str) -> Dataset:
        return self._ask("GET", f"/api/1/datasets/{dataset}/", "dataset", answers.dataset)

    def catalogue_entry(self, dataset: str) -> CatalogueEntry:
        path = f"/api/1/datasets/{quote(dataset, safe='')}/"
        return self._ask("GET", path, "dataset", catalogue.entry)

    def topic_datasets(self, topic: str) -> frozenset[str]:
        # By its id: where a slug moved, the portal redirects to an address without our query.
        path = f"/api/2/topics/{quote(topic, safe='')}/"
        identifier = self._ask("GET", path, "topic", lambda body: str(body["id"]), mask="id")
        path = f"/api/2/topics/{quote(identifier, safe='')}/elements/?class=Dataset"

        def page(number: int) -> catalogue.TopicPage:
            there = f"{path}&page_size={catalogue.PAGE_SIZE}&page={number}"
            mask = catalogue.ELEMENTS_MASK
            return self._ask("GET", there, "topic", catalogue.topic_page, mask=mask)

        return catalogue.all_pages(page, self._way.host)

    def resource(self, dataset: str, resource: str, *, urgent: bool = False) -> Resource:
        path = _resource_path(dataset, resource)
        return self._ask("GET", path, "resource", answers.resource, urgent=urgent)

    def expect_uploads(self) -> None:
        self._patience.expect_uploads()

    def whoami(self) -> Account:
        return self._ask("GET", "/api/1/me/", "account", answers.account)

    def key_expiry(self) -> datetime | None:
        """When the key expires; None where the portal does not say, or it never does."""

        def read(body: Any) -> datetime | None:
            return answers.key_expiry(body, self._api_key)

        try:
            return self._ask("GET", "/api/1/me/api_tokens/", "keys", read)
        except (NotFound, NotAllowed, Rejected, Gone):  # an older portal
            return None

    def extensions(self) -> frozenset[str]:
        with self._lock:
            old = self._clock() - self._extensions_at >= EXTENSIONS_HOLD
            if self._extensions is None or old:
                self._extensions_at = self._clock()
                self._extensions = self._ask(
                    "GET",
                    "/api/1/datasets/extensions/",
                    "extensions",
                    lambda body: frozenset(str(item).lower() for item in body),
                )
            return self._extensions

    def download(self, url: str) -> AbstractContextManager[Download]:
        return downloads.download(self._anybody(), url, self._way)

    # -- writing ----------------------------------------------------------------------------

    def replace(
        self,
        dataset: str,
        resource: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        last_look: Callable[[], None] = lambda: None,
    ) -> Resource:
        path = f"{_resource_path(dataset, resource)}upload/"
        return self._upload(path, file, name, transfer, last_look)

    def create(self, dataset: str, file: SpooledFile, name: str, transfer: Transfer) -> Resource:
        path = f"/api/1/datasets/{dataset}/upload/"
        return self._upload(path, file, name, transfer, lambda: None)

    def retitle(self, dataset: str, resource: str, title: str) -> Resource:
        path = _resource_path(dataset, resource)
        return self._ask("PUT", path, "title", answers.resource, json={"title": title}, urgent=True)

    def mark(self, dataset: str, resource: str, marks: Mapping[str, str]) -> None:
        path = f"/api/2/datasets/{dataset}/resources/{resource}/extras/"
        self._ask("PUT", path, "marks", lambda body: body, json=dict(marks), urgent=True)

    # -- how --------------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        read: Callable[[Any], T],
        json: Any = None,
        urgent: bool = False,
        mask: str = "",
    ) -> T:
        """A request that may be repeated: doing it twice is the same as doing it once.

        `urgent`: the last steps of a publication, made even where the portal is left alone.
        `mask`: the fields wanted; only for GETs, as the portal cuts its refusals to them, too.
        """
        headers = {"X-Fields": mask} if mask else None

        def once() -> T:
            response = self._send(method, path, what, json=json, headers=headers)
            for _ in range(_REDIRECTS):
                if not response.is_redirect or method != "GET":
                    break
                # A slug that changed answers 308. Followed by hand, and only on the same server,
                # so that the key never travels elsewhere.
                target = _location(response)
                if not target.startswith(f"{self._url}/"):
                    break
                response = self._send(method, target, what, headers=headers)
            if not response.is_success:
                raise answers.refusal(response, what, self._way)
            try:
                return read(response.json())
            except _NO_UDATA as error:
                raise PortalUnreachable(
                    "portal_not_udata", host=response.request.url.host, what=what
                ) from error

        return self._patience.through(once, repeatable=True, urgent=urgent)

    def _upload(
        self,
        path: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        last_look: Callable[[], None],
    ) -> Resource:
        size = file.digest.size
        divisible = size > self._part_size  # one part alone is a plain upload to the portal
        if divisible and size > self._part_threshold:
            return self._upload_in_parts(path, file, name, transfer, last_look)
        try:
            return self._upload_whole(path, file, name, transfer, last_look)
        except Rejected as error:
            if error.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE or not divisible:
                raise
            log.info("upload.too_large_for_one_request", size=size)
        return self._upload_in_parts(path, file, name, transfer, last_look)

    def _upload_whole(
        self,
        path: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        last_look: Callable[[], None],
    ) -> Resource:
        tries = itertools.count()

        def once() -> Resource:
            if next(tries):  # there was a pause
                _unlost(last_look)
            transfer.restart()
            with file.path.open("rb") as stream:
                whole = (name, _Told(stream, transfer), "application/octet-stream")
                return self._publish(path, {"file": whole}, file)

        return self._patience.through(once, repeatable=False, upload=True)

    def _publish(self, path: str, form: Mapping[str, Any], file: SpooledFile) -> Resource:
        """The one request of an upload that changes what is online."""
        timeout = self._timeout(file.digest.size)
        response = self._send("POST", path, "upload", files=form, timeout=timeout, trail=_Upload())
        if not response.is_success:
            raise answers.refusal(response, "upload", self._way, part_size=self._part_size)
        try:
            return answers.resource(response.json())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._garbled(response) from error

    def _upload_in_parts(
        self,
        path: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        last_look: Callable[[], None],
    ) -> Resource:
        """Parts in any order, then a last request without a file, which puts them together."""
        for attempt in itertools.count(1):
            form = {
                "uuid": str(uuid.uuid4()),
                "filename": name,
                "totalparts": str(-(-file.digest.size // self._part_size)),
                "totalfilesize": str(file.digest.size),
            }
            try:
                self._send_parts(path, form, file, transfer)
                break
            except AnswerLost as error:
                # Nobody knows whether the portal has that part, and it answers 500 to a part that
                # it has. Nothing was published yet: all begins afresh, under another identifier.
                if error.reason.code == "portal_garbled":
                    raise  # whatever this server did, it is not what a portal does with a part
                if not self._patience.pause(attempt, error):
                    self._patience.note(error, upload=True)
                    raise unpublished(error) from error
        fields = {field: (None, value) for field, value in form.items()}

        def once() -> Resource:
            _unlost(last_look)  # sending the parts took its time
            return self._publish(path, fields, file)

        return self._patience.through(once, repeatable=False, upload=True)

    def _send_parts(
        self, path: str, form: Mapping[str, str], file: SpooledFile, transfer: Transfer
    ) -> None:
        def send(convoy: parts.Convoy, part: parts.Part) -> None:
            with file.path.open("rb") as stream:
                window = parts.Window(stream, part, convoy.passed)
                self._send_part(path, form, part, window)

        transfer.restart()
        pieces = parts.cut_up(file.digest.size, self._part_size)
        convoy = parts.Convoy(pieces, transfer, send)
        while convoy.left:
            self._patience.through(convoy.go_on, repeatable=False, upload=True, part=True)
        log.info("upload.parts_sent", parts=form["totalparts"])

    def _send_part(
        self, path: str, form: Mapping[str, str], part: parts.Part, window: parts.Window
    ) -> None:
        response = self._send(
            "POST",
            path,
            "upload",
            data={
                **form,
                "partindex": str(part.index),
                "partbyteoffset": str(part.offset),
                "chunksize": str(part.size),
            },
            files={"file": ("blob", window, "application/octet-stream")},
            timeout=self._timeout(part.size),
        )
        if not response.is_success:
            size = self._part_size
            raise answers.refusal(response, "upload", self._way, of_part=True, part_size=size)
        if not answers.took_part(response):
            raise self._garbled(response)

    def _garbled(self, response: httpx.Response) -> AnswerLost:
        return AnswerLost("portal_garbled", host=response.request.url.host, what="upload")

    def _send(
        self,
        method: str,
        path: str,
        what: str,
        trail: reaching.Trail | None = None,
        **options: Any,
    ) -> httpx.Response:
        trail = trail or reaching.Trail()
        try:
            with self._turns.one():
                response = self._client.request(
                    method, path, extensions={"trace": trail}, **options
                )
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise reaching.trouble(error, trail, self._way, what) from error
        log.debug("portal.answer", method=method, path=path, status=response.status_code)
        date = answers.moment(response.headers.get("Date", ""))
        if date is not None:
            self._found(skew=self._clock() - date.timestamp())
        return response

    def _found(self, **changed: Any) -> None:
        with self._noting:
            self._usage = replace(self._usage, **changed)

    def _timeout(self, size: int) -> httpx.Timeout:
        """In seconds. The answer to an upload comes after the server has stored the whole file."""
        read = self._read_timeout + size / SLOWEST_BYTES_PER_SECOND
        return httpx.Timeout(self._read_timeout, connect=self._connect_timeout, read=read)


def _unlost(look: Callable[[], None]) -> None:
    """A look whose answer is lost is no upload that might still arrive."""
    try:
        look()
    except AnswerLost as error:
        raise unpublished(error) from error


class _Told:
    """A file that tells how far it was read. httpx takes it in small chunks, so memory is flat."""

    def __init__(self, stream: IO[bytes], transfer: Transfer) -> None:
        self._stream = stream
        self._transfer = transfer

    def read(self, count: int = -1) -> bytes:
        chunk = self._stream.read(count)
        self._transfer.advance(len(chunk))
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def fileno(self) -> int:
        return self._stream.fileno()


class _Upload(reaching.Trail):
    """Says when the last byte of an upload has left."""

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        super().__call__(event, info)
        if event.endswith("send_request_body.complete") and self.method == b"POST":
            log.info("upload.sent")


def _location(response: httpx.Response) -> str:
    """Where a redirection leads; "" when that is no address."""
    location = str(response.headers.get("Location", ""))
    try:
        return urljoin(str(response.request.url), location)
    except ValueError:
        return ""


def _resource_path(dataset: str, resource: str) -> str:
    return f"/api/1/datasets/{dataset}/resources/{resource}/"


def tls(ca_bundle: Path | None) -> ssl.SSLContext:
    """The public authorities, and the ministry's own beside them where there is one."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_bundle:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def _proxy(url: str, ca_bundle: Path | None) -> httpx.Proxy:
    """One that is reached by https shows a certificate too."""
    secure = urlsplit(url).scheme == "https"
    return httpx.Proxy(url, ssl_context=tls(ca_bundle) if secure else None)
