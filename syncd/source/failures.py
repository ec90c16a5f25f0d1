"""botocore's errors → ours, with the facts of the sentence that an operator will read."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from syncd.errors import (
    BucketMissing,
    ObjectChanged,
    ObjectMissing,
    SourceDenied,
    SourceError,
    SourceUnreachable,
)
from syncd.model import Fact

# Everything that botocore is known to let out of a call: its own two trees, its parser's error,
# what the parsers of numbers and dates raise, and what urllib3 and the socket raise while a body
# is being read.
FOREIGN = (
    boto.ClientError,
    boto.BotoCoreError,
    ResponseParserError,
    HTTPError,
    ValueError,
    KeyError,
    RuntimeError,
    OSError,
)

# Error codes of the S3 API that concern the key or its rights, whatever their HTTP status.
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_DENIED: Mapping[str, str] = {
    "AccessDenied": "s3_access_denied",
    "AllAccessDisabled": "s3_access_denied",
    "AccountProblem": "s3_access_denied",
    "SignatureDoesNotMatch": "s3_bad_signature",
    "InvalidAccessKeyId": "s3_unknown_key",
    "InvalidToken": "s3_expired_key",
    "ExpiredToken": "s3_expired_key",
    "RequestTimeTooSkewed": "s3_clock",
    "RequestExpired": "s3_clock",
    "InvalidObjectState": "s3_archived",
    "AuthorizationHeaderMalformed": "s3_region",
    "PermanentRedirect": "s3_region",
    "IllegalLocationConstraintException": "s3_region",
}
_SLOW = frozenset(
    {"SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling", "TooManyRequests"}
)
# Where `S3Source` notes the status that the server really gave, in botocore's response metadata.
STATUS_NOTE = "SyncdStatus"
_LONGEST_DETAIL = 300  # characters of foreign text in one of our sentences


def translate(error: Exception, facts: Mapping[str, Fact]) -> SourceError:
    """Our error for one of `FOREIGN`. `facts` say where: endpoint, bucket, and a key or prefix."""
    if isinstance(error, boto.ClientError):
        return _refusal(error, facts)
    kind, code = _classify(error)
    return kind(code, **facts, detail=brief(error))


def brief(error: Exception) -> str:
    """One line of the error's own words."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + "…"


def _refusal(error: boto.ClientError, facts: Mapping[str, Fact]) -> SourceError:
    """The server answered with an error."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    metadata: Mapping[str, Any] = {**error.response.get("ResponseMetadata", {})}
    status = int(metadata.get(STATUS_NOTE) or metadata.get("HTTPStatusCode", 0))
    told: dict[str, Fact] = {
        **facts,
        "s3_code": code,
        "status": status,
        "detail": words[:_LONGEST_DETAIL],
    }
    if status == HTTPStatus.OK:
        shown = f"neither what was asked for nor a plain error: {code} {words}".strip()
        return SourceUnreachable("s3_broken_answer", **{**told, "detail": shown})
    if code == "NoSuchBucket":
        return BucketMissing("s3_bucket_missing", **told)
    if code in _DENIED:
        return SourceDenied(_DENIED[code], **told)
    if code in _SLOW or status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return SourceUnreachable("s3_busy", **told)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceUnreachable("s3_server_error", **told)
    if status == HTTPStatus.PRECONDITION_FAILED:
        return ObjectChanged("s3_object_changed", **told)
    if status == HTTPStatus.NOT_FOUND and "key" in facts:
        return ObjectMissing("s3_object_missing", **told)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SourceDenied("s3_access_denied", **told)
    return SourceUnreachable("s3_refused", **told)


def _classify(error: Exception) -> tuple[type[SourceError], str]:
    """There was no answer, or one that could not be read to its end."""
    causes = tuple(_chain(error))
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return SourceDenied, "s3_no_credentials"
        case boto.CredentialRetrievalError() | boto.ProfileNotFound():
            return SourceDenied, "s3_no_credentials"
        case boto.ConnectTimeoutError() | boto.ReadTimeoutError():
            return SourceUnreachable, "s3_timeout"
        case boto.ProxyConnectionError():
            return SourceUnreachable, "s3_proxy"
        case boto.IncompleteReadError() | boto.ResponseStreamingError():
            return SourceUnreachable, "s3_cut"
        case ResponseParserError():
            return SourceUnreachable, "s3_broken_answer"
        case boto.ParamValidationError() | boto.InvalidRegionError():
            return SourceUnreachable, "s3_bad_settings"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return SourceUnreachable, "s3_unknown_host"
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return SourceUnreachable, "s3_tls_untrusted"
    if any(isinstance(cause, ssl.SSLError | boto.SSLError) for cause in causes):
        return SourceUnreachable, "s3_tls"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return SourceUnreachable, "s3_timeout"
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError | HTTPError | OSError):
        return SourceUnreachable, "s3_unreachable"
    if isinstance(error, boto.BotoCoreError):
        return SourceUnreachable, "s3_bad_settings"
    return SourceUnreachable, "s3_broken_answer"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything under it: botocore and urllib3 hide the first cause in places."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None)]
        pending += [*cause.args, *getattr(cause, "kwargs", {}).values()]
