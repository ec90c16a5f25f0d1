"""The portal over HTTP: the `Portal` of `syncd.core.ports`, for udata servers such as data.gouv.fr.

Only what `syncd` needs, and only calls that leave other people's work alone: the dataset itself
is never PUT (it is not partial: absent fields are emptied).
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urljoin

import httpx

from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.portal import answers, catalogue, downloads, paging, parts
from syncd.adapters.portal.connection import REDIRECTS, Connection
from syncd.adapters.portal.links import Link, Links
from syncd.adapters.portal.retry_policy import RetryPolicy
from syncd.adapters.portal.upload_rules import UdataUploads
from syncd.adapters.portal.uploads import Upload, Uploads
from syncd.core.catalogue import CatalogueEntry
from syncd.core.errors import Gone, NotAllowed, NotFound, PortalError, PortalUnreachable, Rejected
from syncd.core.portal import Account, Dataset, PublicFile, Reach, Resource
from syncd.core.ports import (
    Download,
    Look,
    SpooledFile,
    Transfer,
    UploadLook,
    Usage,
    nothing,
    unseen,
)

T = TypeVar("T")

GLANCE = 5.0  # seconds for which an upload is kept waiting before its last bytes
_EXTRAS = "extras."  # before their keys in `Resource.written`
EXTENSIONS_HOLD = 86400.0  # seconds
_PAGE = 100  # datasets of a list in one answer
_REACH_PAGES = 10  # that are asked for to say what a key may write to


class HttpPortal:
    """`at_once`: requests under way at the same time, those with parts of files included."""

    upload_rules = UdataUploads()

    def __init__(
        self,
        url: str,
        api_key: str,  # "" = as anybody
        network: NetworkOptions,
        *,
        part_threshold: int = parts.THRESHOLD,
        part_size: int = parts.SIZE,
        at_once: int = 16,
    ) -> None:
        self._url = url
        self._api_key = api_key
        self._network = network
        self._extensions: frozenset[str] | None = None
        self._extensions_at = 0.0
        self._lock = threading.Lock()
        self._connection = Connection(url, api_key, network, at_once=at_once)
        self._retries = RetryPolicy(network, self._connection.usage)
        self._uploads = Uploads(self._connection, self._retries, part_threshold, part_size)
        self._links = Links(self._connection, self._retries)

    @property
    def url(self) -> str:
        return self._url

    @property
    def part_size(self) -> int:
        return self._uploads.part_size

    @property
    def usage(self) -> Usage:
        """How the portal was found by the last request, tries and pauses included."""
        return self._connection.usage.now

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> HttpPortal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ----------------------------------------------------------------------------

    def resolve(self, address: str) -> str:
        path = f"/api/1/datasets/{quote(address, safe='')}/"
        return self._ask("GET", path, "dataset", answers.identified_by("id"))

    def dataset_of(self, resource: str) -> str:
        path = f"/api/2/datasets/resources/{quote(resource, safe='')}/"
        return self._ask("GET", path, "resource", answers.identified_by("dataset_id"))

    def datasets_of(self, organization: str) -> tuple[str, ...]:
        path = f"/api/1/organizations/{quote(organization, safe='')}/datasets/?page_size={_PAGE}"
        return self._every(path, "organization", catalogue.organization_page)

    def describe(self, dataset: str, *, urgent: bool = False) -> Dataset:
        path, read = f"/api/1/datasets/{dataset}/", answers.about(dataset, answers.dataset)
        return self._ask("GET", path, "dataset", read, urgent=urgent)

    def catalogue_entry(self, dataset: str) -> CatalogueEntry:
        path = f"/api/1/datasets/{quote(dataset, safe='')}/"
        return self._ask("GET", path, "dataset", catalogue.entry)

    def topic_datasets(self, topic: str) -> frozenset[str]:
        # By its id: where a slug moved, the portal redirects to an address without our query.
        path = f"/api/2/topics/{quote(topic, safe='')}/"
        identifier = self._ask("GET", path, "topic", answers.identified_by("id"), mask="id")
        elements = f"/api/2/topics/{quote(identifier, safe='')}/elements/"
        path = f"{elements}?class=Dataset&page_size={catalogue.PAGE_SIZE}"
        mask = catalogue.ELEMENTS_MASK
        return frozenset(self._every(path, "topic", catalogue.topic_page, mask))

    def resource(self, dataset: str, resource: str, *, urgent: bool = False) -> Resource:
        path, read = _resource_path(dataset, resource), answers.about(resource, answers.resource)
        return self._ask("GET", path, "resource", read, urgent=urgent)

    def glance(self, dataset: str, resource: str) -> Resource | None:
        try:
            path = _resource_path(dataset, resource)
            response = self._connection.send("GET", path, "resource", seconds=GLANCE)
            read = answers.about(resource, answers.resource)
            return read(answers.document(response)) if response.is_success else None
        except (PortalError, *answers.NO_UDATA):
            return None

    def expect_uploads(self) -> None:
        self._retries.expect_uploads()

    def whoami(self) -> Account:
        return self._ask("GET", "/api/1/me/", "account", answers.account)

    def reach(self, account: Account) -> Reach:
        mask = "id,deleted,permissions"
        found = self._ask("GET", "/api/1/me/datasets/", "account", answers.writable, mask=mask)
        pages = iter(range(_REACH_PAGES))
        for organization in account.organizations:
            path = f"/api/1/organizations/{quote(organization, safe='')}/datasets/"
            for number in itertools.count(1):
                if next(pages, None) is None:
                    return Reach(found, is_whole=False)
                page, more = self._ask(
                    "GET",
                    f"{path}?page_size={_PAGE}&page={number}",
                    "organization",
                    answers.writable_page,
                    mask=f"data{{{mask}}},next_page",
                )
                found |= page
                if not more:
                    break
        return Reach(found, is_whole=True)

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
            old = self._network.clock() - self._extensions_at >= EXTENSIONS_HOLD
            if self._extensions is None or old:
                self._extensions_at = self._network.clock()
                path = "/api/1/datasets/extensions/"
                self._extensions = self._ask("GET", path, "extensions", answers.extensions)
            return self._extensions

    def download(self, url: str, storage: str = "") -> AbstractContextManager[Download]:
        servers = (self._url, url, storage or url)
        return downloads.download(self._connection, url, servers, self._network.budget)

    # -- writing ----------------------------------------------------------------------------

    def replace(
        self,
        dataset: str,
        resource: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        look: UploadLook = unseen,
        glance: Callable[[], None] = nothing,
        *,
        urgent: bool = False,
    ) -> Resource:
        path = f"{_resource_path(dataset, resource)}upload/"
        return self._uploads.send(
            Upload(path, file, name, transfer, look, resource, glance, urgent)
        )

    def create(
        self,
        dataset: str,
        file: SpooledFile,
        name: str,
        transfer: Transfer,
        look: UploadLook = unseen,
    ) -> Resource:
        path = f"/api/1/datasets/{dataset}/upload/"
        return self._uploads.send(Upload(path, file, name, transfer, look))

    def turn_link(
        self, dataset: str, resource: str, file: PublicFile, look: UploadLook = unseen
    ) -> Resource:
        return self._links.send(Link(_resource_path(dataset, resource), file, look, resource))

    def create_link(
        self,
        dataset: str,
        file: PublicFile,
        title: str,
        marks: Mapping[str, object],
        look: UploadLook = unseen,
    ) -> Resource:
        path = f"/api/1/datasets/{dataset}/resources/"
        words = {"title": title, "filetype": "remote", "type": "main", "extras": dict(marks)}
        return self._links.send(Link(path, file, look, words=words))

    def retitle(self, dataset: str, resource: str, title: str, look: Look = unseen) -> Resource:
        path, text = _resource_path(dataset, resource), {"title": title}
        read = answers.about(resource, answers.resource)
        return self._ask("PUT", path, "title", read, json=text, urgent=True, look=look)

    def write_back(self, dataset: str, resource: str, written: Mapping[str, object]) -> None:
        extras = {
            name.removeprefix(_EXTRAS): value
            for name, value in written.items()
            if name.startswith(_EXTRAS)
        }
        fields = {name: value for name, value in written.items() if not name.startswith(_EXTRAS)}
        if fields:
            path = _resource_path(dataset, resource)
            self._ask("PUT", path, "resource", lambda body: body, json=fields, urgent=True)
        if extras:
            self.mark(dataset, resource, extras)

    def mark(self, dataset: str, resource: str, marks: Mapping[str, object]) -> None:
        path = f"/api/2/datasets/{dataset}/resources/{resource}/extras/"
        self._ask("PUT", path, "marks", lambda body: body, json=dict(marks), urgent=True)

    # -- how --------------------------------------------------------------------------------

    def _every(
        self, path: str, what: str, read: Callable[[Any], paging.Page], mask: str = ""
    ) -> tuple[str, ...]:
        def page(number: int) -> paging.Page:
            return self._ask("GET", f"{path}&page={number}", what, read, mask=mask)

        return paging.every(page, self._connection.route.host, what)

    def _ask(
        self,
        method: str,
        path: str,
        what: str,
        read: Callable[[Any], T],
        json: Any = None,
        urgent: bool = False,
        mask: str = "",
        look: Callable[[], T | None] = lambda: None,
    ) -> T:
        """A request that may be repeated: doing it twice is the same as doing it once.

        `urgent`: the last steps of a publication, made even where the portal is left alone.
        `mask`: the fields wanted; only for GETs, as the portal cuts its refusals to them, too.
        `look`: see `ports.Portal.retitle`.
        """
        headers = {"X-Fields": mask} if mask else None
        tries = itertools.count()

        def once() -> T:
            seen = look() if next(tries) else None
            if seen is not None:
                return seen
            response = self._connection.send(method, path, what, json=json, headers=headers)
            for _ in range(REDIRECTS):
                if not response.is_redirect or method != "GET":
                    break
                # A slug that changed answers 308. Followed by hand, and only on the same server,
                # so that the key never travels elsewhere.
                target = _location(response)
                if not target.startswith(f"{self._url}/"):
                    break
                response = self._connection.send(method, target, what, headers=headers)
            if not response.is_success:
                raise answers.refusal(response, what, self._connection.route)
            try:
                return read(answers.document(response))
            except answers.NO_UDATA as error:
                raise PortalUnreachable(
                    "portal_not_udata", host=response.request.url.host, what=what
                ) from error

        return self._retries.through(once, repeatable=True, urgent=urgent)


def _location(response: httpx.Response) -> str:
    """Where a redirection leads; "" when that is no address."""
    location = str(response.headers.get("Location", ""))
    try:
        return urljoin(str(response.request.url), location)
    except ValueError:
        return ""


def _resource_path(dataset: str, resource: str) -> str:
    return f"/api/1/datasets/{dataset}/resources/{resource}/"
