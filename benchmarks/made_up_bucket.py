"""A plain HTTP server that answers as a bucket does, with pages made up on the fly.

    python -m benchmarks.made_up_bucket OBJECTS TARGETS PER_DATASET

For buckets that take too long to fill, and for counts that must not depend on a real server's
threads. It lists (ListObjectsV2), gives an object and takes another body for it, and nothing else.
It believes every signature.
"""

from __future__ import annotations

import hashlib
import json
import sys
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

from benchmarks.large_bucket import content, keys

PAGE = 1000
WHEN = "2026-01-01T12:00:00.000Z"
WHEN_PUT = "2026-01-02T12:00:00.000Z"
_HTTP_DATE = "Thu, 01 Jan 2026 12:00:00 GMT"


def serve(keys: Iterable[str], content: Callable[[str], bytes]) -> None:
    """Says its address on standard output, and serves until it is killed."""
    names = sorted(keys)
    put: dict[str, bytes] = {}  # what was deposited since

    def body_of(key: str) -> bytes:
        return put[key] if key in put else content(key)

    def etag_of(key: str) -> str:
        return hashlib.md5(body_of(key), usedforsecurity=False).hexdigest()

    def entry(key: str) -> str:
        return (
            f"<Contents><Key>{quote(key)}</Key>"
            f"<LastModified>{WHEN_PUT if key in put else WHEN}</LastModified>"
            f"<ETag>&quot;{etag_of(key)}&quot;</ETag><Size>{len(body_of(key))}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>"
        )

    def page(prefix: str, delimiter: str, token: str) -> str:
        """Whole folders are passed over as one `CommonPrefixes`, as S3 does."""
        at = bisect_left(names, token or prefix)
        entries: list[str] = []
        while at < len(names) and names[at].startswith(prefix) and len(entries) < PAGE:
            end = names[at].find(delimiter, len(prefix)) if delimiter else -1
            if end < 0:
                entries.append(entry(names[at]))
                at += 1
            else:
                folder = names[at][: end + 1]
                entries.append(f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>")
                at = bisect_left(names, folder[:-1] + chr(ord(delimiter) + 1))
        more = at < len(names) and names[at].startswith(prefix)
        follow = f"<NextContinuationToken>{names[at]}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Prefix>{quote(prefix)}</Prefix><EncodingType>url</EncodingType>"
            f"<KeyCount>{len(entries)}</KeyCount><MaxKeys>{PAGE}</MaxKeys>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{follow}{''.join(entries)}"
            "</ListBucketResult>"
        )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            _, _, key = unquote(parts.path).lstrip("/").partition("/")
            if key:
                headers = {"ETag": f'"{etag_of(key)}"', "Last-Modified": _HTTP_DATE}
                self._answer("application/octet-stream", body_of(key), headers)
                return
            asked = {name: value[0] for name, value in parse_qs(parts.query).items()}
            told = (asked.get(name, "") for name in ("prefix", "delimiter", "continuation-token"))
            self._answer("application/xml", page(*told).encode(), {})

        def do_PUT(self) -> None:
            _, _, key = unquote(self.path).lstrip("/").partition("/")
            body = self.rfile.read(int(self.headers["Content-Length"]))
            at = bisect_left(names, key)
            if names[at : at + 1] != [key]:
                insort(names, key)
            put[key] = body
            self._answer("text/plain", b"", {})

        def _answer(self, kind: str, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in {**headers, "Content-Type": kind}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - stdlib's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        print(json.dumps(f"http://127.0.0.1:{server.server_address[1]}"), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(keys(*map(int, sys.argv[1:4])), content)
