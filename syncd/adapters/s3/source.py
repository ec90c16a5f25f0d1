"""One bucket of any S3-compatible server: complete listings and pinned reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from http import HTTPStatus
from typing import Any, Literal, Protocol, TypeVar, cast
from urllib.parse import urlsplit

import structlog
from botocore.config import Config

from syncd import __version__
from syncd.adapters.net import circuit_breaker
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.circuit_breaker import Circuit
from syncd.adapters.net.options import NetworkOptions
from syncd.adapters.net.retry import backoff
from syncd.adapters.net.route import Route
from syncd.adapters.net.usage import UsageRecord
from syncd.adapters.s3 import answers, connecting
from syncd.adapters.s3.botocore_internals import OBJECTS
from syncd.adapters.s3.credentials import Credentials
from syncd.adapters.s3.failures import FOREIGN, LASTING, STATUS_NOTE, brief, translate, weight
from syncd.core.errors import ObjectChanged, SourceDenied, SourceError, SourceUnreachable
from syncd.core.objects import Fingerprint, Location, ObjectPage, Version
from syncd.core.ports import OpenObject, Usage
from syncd.core.reasons import Fact, because

log = structlog.get_logger("syncd.source")

Addressing = Literal["auto", "path", "virtual"]

CHUNK = 1024 * 1024  # bytes; reads of 64 KiB halve the throughput
DEFAULT_REGION = "us-east-1"  # what servers without regions expect in a signature
_WORTH_A_CUT = 64 * CHUNK  # bytes after which an earlier cut no longer counts
# Kept open for the next request. Who asks bounds how many there are; botocore's own ten would close
# the others after each answer, and with TLS every file would begin with a handshake.
_CONNECTIONS = 256
_PEEK_KEYS = 2  # the first may be a folder's marker
MOST_PAGES = 20_000  # of one listing: twenty million objects, where a page has a thousand
_STAT_KEYS = 2  # the exact key sorts before every longer one


class Bucket(Protocol):
    """What the manifest says of a source. Its keys are those of `Credentials`."""

    @property
    def location(self) -> Location: ...
    @property
    def region(self) -> str: ...
    @property
    def addressing(self) -> Addressing: ...


class S3Source:
    """Fulfils `ports.ObjectSource`. `attempts` counts the first try too, of a
    request, and of reading on after a cut.

    With credentials given, nothing of the machine's own AWS set-up is read: no `~/.aws`, no
    profile, no metadata service. Without, boto3's usual chain decides. Proxies and CA bundles
    are never taken from the environment. Safe to use from several threads.

    `SourceError` and nothing else comes out of any method, the constructor included.
    """

    def __init__(
        self,
        location: Location,
        network: NetworkOptions,
        *,
        region: str | None = None,
        addressing: Addressing = "auto",
        credentials: Credentials | None = None,
        attempts: int = 3,
        setting: str = "SYNCD_SOURCES__<NAME>",
    ) -> None:
        self._location = location
        self._network = network
        self._server = Circuit[SourceError](network.monotonic)
        self._attempts = attempts
        self._setting = setting
        host, keys = urlsplit(location.endpoint).netloc, _secrets(credentials)
        self._route = Route.to(host, network.proxy, *keys)
        self._usage = UsageRecord(self._route.via, network.clock)
        ca_bundle = network.ca_bundle
        if ca_bundle is not None and not ca_bundle.is_file():
            raise SourceUnreachable("s3_ca_bundle", **self._where(), path=str(ca_bundle))
        with self._translated(asks=False):
            self._client = connecting.client(
                location.endpoint,
                credentials,
                # Neither None nor left out: botocore would fall back on AWS_CA_BUNDLE and
                # REQUESTS_CA_BUNDLE (`Session.create_client`, `_get_verify_value`).
                verify=True if ca_bundle is None else str(ca_bundle),
                config=Config(
                    region_name=region or DEFAULT_REGION,
                    signature_version="s3v4",
                    s3={"addressing_style": addressing},
                    connect_timeout=network.connect_timeout,
                    read_timeout=network.read_timeout,
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    **connecting.proxies(network.proxy, ca_bundle),
                    # Newer defaults add checksums that some servers refuse.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    use_fips_endpoint=False,
                    use_dualstack_endpoint=False,
                    max_pool_connections=_CONNECTIONS,
                    tcp_keepalive=True,
                    user_agent_extra=f"syncd/{__version__}",
                ),
            )
        events = self._client.meta.events
        events.register("after-call.s3", self._note_answer)
        events.register_first("before-parse.s3.ListObjectsV2", answers.expect_listing)

    @property
    def location(self) -> Location:
        return self._location

    @property
    def usage(self) -> Usage:
        """How the server was found by the last request, tries and pauses included."""
        return self._usage.now

    def close(self) -> None:
        self._client.close()

    def pages(self, prefix: str, *, recursive: bool) -> Iterator[ObjectPage]:
        """Every object under the prefix in the server's order, folder markers included.

        ListObjectsV2, page by page. A page that fails, cannot be read, or does not lead on to the
        next one raises `SourceError` from the iterator: a part of a listing is never the end.
        """
        asked: dict[str, Any] = {} if recursive else {"Delimiter": "/"}
        tokens: set[str] = set()
        while len(tokens) < MOST_PAGES:
            page = self._page(prefix, **asked)
            found = self._objects(page, prefix)
            if not recursive:  # held to here too: a gateway may ignore the delimiter
                found = found.right_under(prefix)
            if found.keys:
                yield found
            if not page["IsTruncated"]:
                return
            token = page.get("NextContinuationToken")
            if not token:
                raise self._broken(prefix, "more pages announced, but no token to ask for them")
            if token in tokens:
                raise self._broken(prefix, "the same continuation token twice")
            tokens.add(token)
            asked["ContinuationToken"] = token
        raise self._broken(prefix, "pages without end")

    def stat(self, key: str) -> Version | None:
        """This one key, by a listing: HEAD's date and ETag may differ from a listing's."""
        page = self._page(key, MaxKeys=_STAT_KEYS)
        return next((v for v in self._versions(page, key) if v.key == key), None)

    def peek(self, prefix: str) -> Version | None:
        """Any one object under the prefix, folder markers apart."""
        page = self._page(prefix, MaxKeys=_PEEK_KEYS)
        return next((v for v in self._versions(page, prefix) if not v.key.endswith("/")), None)

    @contextmanager
    def open(self, version: Version) -> Iterator[OpenObject]:
        """GetObject pinned by If-Match (RFC 9110 §13.1.1); the answer must be that version too,
        since a server may ignore the header. Chunks of at most 1 MiB.

        A body that is cut is continued where it ended, pinned again. `ObjectChanged`,
        `ObjectMissing` or another `SourceError`; while iterating, `s3_cut` when the body keeps
        ending early.
        """
        budget = self._network.budget("object")
        answer = self._get(version, budget)
        with ExitStack() as bodies:
            bodies.callback(answer["Body"].close)
            self._must_be(version, answer.get("ETag", ""), answer.get("ContentLength"))
            yield OpenObject(
                size=version.fingerprint.size,
                version_id=answers.version_id(answer.get("VersionId")),
                chunks=self._chunks(version, answer["Body"], bodies, budget),
                cut=partial(self._ended_early, version),
            )

    # -- one request --------------------------------------------------------------------------

    def _page(self, prefix: str, **asked: Any) -> dict[str, Any]:
        """One answer of ListObjectsV2 that is known to be one."""
        self._leave_alone()
        try:
            with self._translated(budget=self._network.budget("listing"), prefix=prefix):
                page = cast(
                    "dict[str, Any]",
                    self._client.list_objects_v2(
                        Bucket=self._location.bucket, Prefix=prefix, **asked
                    ),
                )
        except SourceUnreachable as error:
            if error.reason.code in {"s3_broken_answer", "s3_cut"}:
                raise self._broken(prefix, str(error.reason.facts["detail"])) from error
            raise
        # botocore reads an empty body, or a web page, as a listing without any object.
        if not isinstance(page.get("IsTruncated"), bool):
            raise self._broken(prefix, "the answer is not a listing")
        return page

    def _objects(self, page: dict[str, Any], prefix: str) -> ObjectPage:
        found: ObjectPage | None = page.get(OBJECTS)
        return found or ObjectPage.of(self._versions(page, prefix))

    def _versions(self, page: dict[str, Any], prefix: str) -> Iterator[Version]:
        if OBJECTS in page:
            yield from page[OBJECTS].versions
        for entry in page.get("Contents", ()):
            if _is_emptied_folder(entry):
                continue
            try:
                yield Version(
                    answers.said(entry["Key"]),
                    Fingerprint(
                        answers.said(entry["ETag"]),
                        answers.size(entry["Size"]),
                        answers.second(entry["LastModified"]),
                    ),
                )
            except (KeyError, ValueError, TypeError, OverflowError) as error:
                name = entry.get("Key", "?")
                raise self._broken(prefix, f"{name}: {brief(error)}") from error

    def _get(self, version: Version, budget: Budget, **asked: Any) -> dict[str, Any]:
        self._leave_alone()
        if version.id:
            asked["VersionId"] = version.id
        with self._translated(budget=budget, key=version.key):
            answer = self._client.get_object(
                Bucket=self._location.bucket,
                Key=version.key,
                IfMatch=answers.quoted(version.fingerprint.etag),
                **asked,
            )
        return cast("dict[str, Any]", answer)

    # -- bytes --------------------------------------------------------------------------------

    def _chunks(
        self, version: Version, body: Any, bodies: ExitStack, budget: Budget
    ) -> Iterator[bytes]:
        done = last_cut = cuts = 0
        while done < version.fingerprint.size:
            try:
                if body is None:
                    body = self._continued(version, done, bodies, budget)
                chunk = self._read(version, body, done, budget)
            except SourceUnreachable as error:
                cuts = 1 if done - last_cut >= _WORTH_A_CUT else cuts + 1
                if cuts >= self._attempts or error.reason.code in LASTING or budget.exceeded:
                    raise
                log.info("source.cut", key=version.key, done=done, cuts=cuts, why=str(error))
                seconds = self._pause(cuts)
                if not self._network.allows(seconds):
                    raise
                body, last_cut = None, done
                self._network.on_retry()
                why = because("wait_source", endpoint=self._location.endpoint, key=version.key)
                self._network.waiting(why, seconds)
                self._network.wait(seconds)
            else:
                done += len(chunk)
                yield chunk

    def _pause(self, cuts: int) -> float:
        """Seconds: as botocore waits between its tries, but that the first comes at once."""
        return backoff(cuts - 1, jitter=self._network.jitter(), ceiling=20) if cuts > 1 else 0.0

    def _read(
        self, version: Version, body: Any, done: int, budget: Budget, until: int | None = None
    ) -> bytes:
        """The next bytes after `done`, at most as far as `until`; never none."""
        size = version.fingerprint.size
        with self._translated(budget=budget, key=version.key):
            chunk: bytes = body.read(min(CHUNK, (until or size) - done))
        if not chunk:
            raise self._ended_early(version, done)
        budget.allow(len(chunk))
        return chunk

    def _continued(self, version: Version, done: int, bodies: ExitStack, budget: Budget) -> Any:
        """The same version once more, at the byte after `done`."""
        bodies.close()  # the one that was cut
        try:
            answer = self._get(version, budget, **({"Range": f"bytes={done}-"} if done else {}))
        except SourceUnreachable as error:
            if error.reason.facts.get("status") == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise ObjectChanged("s3_object_changed", **error.reason.facts) from error
            raise
        body = answer["Body"]
        bodies.callback(body.close)
        etag, length = answer.get("ETag", ""), answer.get("ContentLength")
        if answer["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PARTIAL_CONTENT:
            first, total = answers.content_range(answer.get("ContentRange", ""))
            self._must_be(version, etag, total)
            if first != done:
                raise self._cut(version, f"bytes={done}-: {first}")
            return body
        # A server may ignore a range (RFC 9110 §14.2): what we have comes once more.
        self._must_be(version, etag, length)
        again = 0
        while again < done:
            again += len(self._read(version, body, again, budget, until=done))
        return body

    def _must_be(self, version: Version, etag: str, size: int | None) -> None:
        """The answer is the version that was listed."""
        listed = version.fingerprint
        if answers.bare(etag) != answers.bare(listed.etag) or size != listed.size:
            raise ObjectChanged(
                "s3_object_changed",
                **self._where(key=version.key),
                s3_code="",
                status=200,
                detail=f"{listed.etag} ({listed.size}) → {etag} ({size})",
            )

    # -- errors -------------------------------------------------------------------------------

    def _where(self, **more: Fact) -> dict[str, Fact]:
        where: dict[str, Fact] = {
            "endpoint": self._location.endpoint,
            "bucket": self._location.bucket,
            "setting": self._setting,
        }
        return {**where, **({"proxy": self._route.via} if self._route.via else {}), **more}

    def _ended_early(self, version: Version, done: int) -> SourceUnreachable:
        return self._cut(version, f"{done} / {version.fingerprint.size}")

    def _cut(self, version: Version, detail: str) -> SourceUnreachable:
        return SourceUnreachable("s3_cut", **self._where(key=version.key), detail=detail)

    def _broken(self, prefix: str, detail: str) -> SourceUnreachable:
        return SourceUnreachable("s3_listing_broken", **self._where(prefix=prefix), detail=detail)

    def _leave_alone(self) -> None:
        """A server that failed is not asked for each of its objects how it is."""
        error = self._server.refusal()
        if error is None:
            return
        if weight(error) < circuit_breaker.FULL:  # they were about other objects
            detail = error.reason.facts.get("detail", "")
            error = SourceUnreachable("s3_left_alone", **self._where(), detail=detail)
        raise circuit_breaker.left_alone(error)

    @contextmanager
    def _translated(
        self, *, asks: bool = True, budget: Budget | None = None, moved: int = 0, **more: Fact
    ) -> Iterator[None]:
        """`asks`: the server is asked something inside, which `budget` bounds; by itself to what
        any request may cost that sends `moved` bytes."""
        if asks and budget is None:
            budget = self._network.budget("stored", moved)
        try:
            with budget.active() if budget is not None else nullcontext():
                yield
        except FOREIGN as error:
            ours = self._without_secrets(translate(error, self._where(**more), budget))
            # A right may lack for one object alone.
            refused = isinstance(ours, SourceDenied) and "key" not in more
            unusable = refused or isinstance(ours, SourceUnreachable)
            self._usage.note(reachable=not unusable, refused=refused)
            if not isinstance(ours, SourceUnreachable):
                self._server.worked()
            if self._server.failed(ours, weight(ours)):
                log.warning("source.left_alone", seconds=circuit_breaker.PAUSE, why=str(ours))
            raise ours from error
        if asks:
            self._server.worked()
            if not self.usage.reachable:
                self._usage.note(reachable=True, refused=False)

    def _note_answer(self, http_response: Any, parsed: dict[str, Any], **_: object) -> None:
        metadata: dict[str, Any] = parsed.setdefault("ResponseMetadata", {})
        # botocore turns an unreadable answer with status 200 into a 500: keep what was really said.
        metadata[STATUS_NOTE] = getattr(http_response.raw, "status", None)
        for _retry in range(int(metadata.get("RetryAttempts", 0))):
            self._network.on_retry()
        self._usage.note_date(metadata.get("HTTPHeaders", {}).get("date", ""))

    def _without_secrets(self, error: SourceError) -> SourceError:
        """A server, a proxy or a library may repeat what it was given."""
        detail = self._route.without_secrets(str(error.reason.facts.get("detail", "")))
        return type(error)(error.reason.code, **{**error.reason.facts, "detail": detail})


def _is_emptied_folder(entry: Mapping[str, Any]) -> bool:
    """SeaweedFS lists it, and gives it no ETag: there is nothing to read in it."""
    is_folder = str(entry.get("Key") or "").endswith("/")
    return is_folder and not answers.bare(str(entry.get("ETag") or ""))


def _secrets(credentials: Credentials | None) -> tuple[str | None, ...]:
    return (credentials.secret_access_key, credentials.session_token) if credentials else ()


Opened = TypeVar("Opened", bound=S3Source)


def open_store(
    bucket: Bucket,
    keys: Mapping[str, str],
    setting: str,
    network: NetworkOptions,
    kind: type[Opened],
) -> Opened:
    pair = "access_key_id" in keys and "secret_access_key" in keys
    return kind(
        bucket.location,
        network,
        region=bucket.region,
        addressing=bucket.addressing,
        credentials=Credentials(**keys) if pair else None,
        setting=setting,
    )
