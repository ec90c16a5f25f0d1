"""A plain HTTP server that answers ListObjectsV2 with pages made up on the fly, and nothing else.

    python -m benchmarks.made_up_bucket OBJECTS TARGETS

For buckets that take too long to fill. It believes every signature.
"""

from __future__ import annotations

import hashlib
import json
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

from benchmarks.large_bucket import content, keys

PAGE = 1000
WHEN = "2026-01-01T12:00:00.000Z"


def serve(keys: Iterable[str], content: Callable[[str], bytes]) -> None:
    """Says its address on standard output, and serves until it is killed."""
    names = sorted(keys)

    def entry(key: str) -> str:
        body = content(key)
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        return (
            f"<Contents><Key>{quote(key)}</Key><LastModified>{WHEN}</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>{len(body)}</Size>"
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
            asked = {name: value[0] for name, value in parse_qs(urlsplit(self.path).query).items()}
            told = (asked.get(name, "") for name in ("prefix", "delimiter", "continuation-token"))
            body = page(*told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
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
    serve(keys(int(sys.argv[1]), int(sys.argv[2])), content)
