"""botocore's errors → ours, with the facts of the sentence that an operator will read."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_match_hostname import CertificateError

from syncd.adapters.net import connect_errors
from syncd.adapters.net.ceilings import Budget
from syncd.adapters.net.circuit_breaker import FULL
from syncd.adapters.net.connect_errors import Fault
from syncd.adapters.net.status_words import status_words
from syncd.core import shortages
from syncd.core.errors import (
    BucketMissing,
    ObjectChanged,
    ObjectMissing,
    SourceDenied,
    SourceError,
    SourceUnreachable,
)
from syncd.core.reasons import Fact

# Everything that botocore is known to let out of a call: its own two trees, its parser's error,
# what it stumbles over where an answer has another shape than it expects, and what urllib3 and the
# socket raise while a body is being read.
FOREIGN = (
    boto.ClientError,
    boto.BotoCoreError,
    ResponseParserError,
    HTTPError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
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
LASTING = frozenset(f"s3_{fault}" for fault in connect_errors.LASTING)
# What a failure says about the whole server, for its circuit breaker: these a little, or nothing.
_A_LITTLE = frozenset(
    {
        *("s3_timeout", "s3_busy", "s3_server_error", "s3_broken_answer", "s3_listing_broken"),
        *("s3_cut", "s3_answer_large", "s3_answer_slow"),
    }
)
_NOT_THE_SERVER = frozenset({"s3_refused", "s3_bad_settings", "s3_ca_bundle"}) | shortages.CODES
_SLOW = frozenset(
    {"SlowDown", "ServiceUnavailable", "RequestLimitExceeded", "Throttling", "TooManyRequests"}
)
_SHORT = LASTING | {"s3_unreachable", "s3_tls"}
# Where `S3Source` notes the status that the server really gave, in botocore's response metadata.
STATUS_NOTE = "SyncdStatus"
_LONGEST_DETAIL = 300  # characters of foreign text in one of our sentences


def translate(
    error: Exception, facts: Mapping[str, Fact], budget: Budget | None = None
) -> SourceError:
    """Our error for one of `FOREIGN`. `facts` say where: endpoint, bucket, and a key or prefix.

    `budget`: what the request was held to.
    """
    if budget is not None and budget.exceeded == "size":
        return SourceUnreachable("s3_answer_large", **facts, limit=budget.limit)
    if budget is not None and budget.exceeded == "seconds":
        return SourceUnreachable("s3_answer_slow", **facts)
    if isinstance(error, boto.ClientError):
        return _refusal(error, facts)
    causes = connect_errors.causes(error)
    if isinstance(error, boto.ProxyConnectionError):
        return _at_the_proxy(error, causes, facts)
    kind, code = _classify(error, causes)
    detail = _short(error, causes) if code in _SHORT else brief(error)
    return kind(code, **facts, detail=detail)


def is_lasting(error: Exception) -> bool:
    """Whether another try within seconds would end the same."""
    return translate(error, {}).reason.code in LASTING


def weight(error: SourceError) -> int:
    """What a request that was given up says about the server, for its circuit breaker."""
    code = error.reason.code
    if not isinstance(error, SourceUnreachable) or code in _NOT_THE_SERVER:
        return 0
    return 1 if code in _A_LITTLE else FULL


def brief(error: Exception) -> str:
    """One line of the error's own words."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + "…"


def _fault(causes: tuple[BaseException, ...]) -> Fault | None:
    if any(isinstance(cause, CertificateError) for cause in causes):
        return "certificate_name"  # urllib3 compares the names itself
    tls = any(isinstance(cause, boto.SSLError) for cause in causes)
    return connect_errors.fault(causes) or ("tls" if tls else None)


def _short(error: Exception, causes: tuple[BaseException, ...]) -> str:
    """The first cause alone, "Connection refused": the rest repeats whole addresses."""
    system = (c for c in reversed(causes) if isinstance(c, (CertificateError, OSError)))
    said = (str(c) or type(c).__name__ for c in system if not isinstance(c, HTTPError))
    return connect_errors.in_short(causes) or next(said, type(error).__name__)


def _refusal(error: boto.ClientError, facts: Mapping[str, Fact]) -> SourceError:
    """The server answered with an error."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    words = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    metadata: Mapping[str, Any] = {**error.response.get("ResponseMetadata", {})}
    status = int(metadata.get(STATUS_NOTE) or metadata.get("HTTPStatusCode", 0))
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and "proxy" in facts:
        # Towards a server without TLS there is no CONNECT: the proxy answers the request itself.
        return SourceUnreachable("s3_proxy_password", **facts, status=status)
    answered: dict[str, Fact] = {
        **facts,
        "s3_code": code or status_words(status),
        "status": status,
        "detail": words[:_LONGEST_DETAIL] or code or status_words(status),
    }
    if status == HTTPStatus.OK:
        shown = f"{code} {words}".strip() or "neither what was asked for nor a plain error"
        return SourceUnreachable("s3_broken_answer", **{**answered, "detail": shown})
    if code == "NoSuchBucket":
        return BucketMissing("s3_bucket_missing", **answered)
    if code in _DENIED:
        return SourceDenied(_denied(_DENIED[code], error), **answered)
    if code in _SLOW or status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return SourceUnreachable("s3_busy", **answered)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceUnreachable("s3_server_error", **answered)
    if status == HTTPStatus.PRECONDITION_FAILED and "key" in facts:
        return ObjectChanged("s3_object_changed", **answered)
    if status == HTTPStatus.NOT_FOUND and "key" in facts:
        return ObjectMissing("s3_object_missing", **answered)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SourceDenied(_denied("s3_access_denied", error), **answered)
    return SourceUnreachable("s3_refused", **answered)


def _denied(code: str, error: boto.ClientError) -> str:
    """Which right is lacking, where it is one."""
    reads = str(error.operation_name).startswith(("Get", "Head", "List"))
    return code if reads or code != "s3_access_denied" else "s3_write_denied"


def _at_the_proxy(
    error: boto.ProxyConnectionError, causes: tuple[BaseException, ...], facts: Mapping[str, Fact]
) -> SourceError:
    """http.client says the proxy's answer to CONNECT in an error's text alone."""
    words = (re.match(r"Tunnel connection failed: (\d{3})", str(cause)) for cause in causes)
    status = next((int(found[1]) for found in words if found), 0)
    if status:
        code = f"s3_{connect_errors.proxy_fault(status)}"
        return SourceUnreachable(code, **facts, status=status)
    fault = _fault(causes)
    if fault in connect_errors.FLAWS:  # a proxy that is reached by https shows a certificate too
        whose = {**facts, "endpoint": facts.get("proxy", "")}
        return SourceUnreachable(f"s3_{fault}", **whose, detail=_short(error, causes))
    return SourceUnreachable("s3_proxy_down", **facts, detail=_short(error, causes))


def _classify(error: Exception, causes: tuple[BaseException, ...]) -> tuple[type[SourceError], str]:
    """There was no answer, or one that could not be read to its end."""
    shortage = next(filter(None, map(shortages.shortage_in, causes)), None)
    if shortage is not None:
        return SourceUnreachable, shortage.reason.code
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            return SourceDenied, "s3_no_credentials"
        case boto.CredentialRetrievalError() | boto.ProfileNotFound():
            return SourceDenied, "s3_no_credentials"
        case boto.ConnectTimeoutError() | boto.ReadTimeoutError():
            return SourceUnreachable, "s3_timeout"
        case boto.IncompleteReadError() | boto.ResponseStreamingError():
            return SourceUnreachable, "s3_cut"
        case ResponseParserError():
            return SourceUnreachable, "s3_broken_answer"
        case boto.ParamValidationError() | boto.InvalidRegionError():
            return SourceUnreachable, "s3_bad_settings"
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return SourceUnreachable, "s3_unknown_host"
    fault = _fault(causes)
    if fault is not None:
        return SourceUnreachable, f"s3_{fault}"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return SourceUnreachable, "s3_timeout"
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError | HTTPError | OSError):
        return SourceUnreachable, "s3_unreachable"
    if isinstance(error, boto.BotoCoreError):
        return SourceUnreachable, "s3_bad_settings"
    return SourceUnreachable, "s3_broken_answer"
