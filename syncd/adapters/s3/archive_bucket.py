"""A bucket that keeps files: what is asked of it beyond reading and backups."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from syncd.adapters.s3 import backups
from syncd.adapters.s3.backups import BackupBucket
from syncd.adapters.s3.failures import FOREIGN
from syncd.core.errors import SpoolError
from syncd.core.objects import Digest, Version


class ArchiveBucket(BackupBucket):
    """`SourceError` and nothing else comes out of the server's side of any method."""

    def keep(self, path: Path, key: str, digest: Digest, **said: str) -> None:
        """Store exactly these bytes, or nothing. `SpoolError` where the file has others; `OSError`.

        They are hashed as they leave, and the server compares what arrives by its MD5. `said`: more
        of the object, as boto3 names it.
        """
        leaving = _Leaving(digest)
        body = path.read_bytes() if digest.size <= backups.PART else None
        self._leave_alone()
        with self._translated(moved=digest.size, key=key):
            if body is None:
                self._put_in_parts(path, key, leaving, **said)
            else:
                more: dict[str, Any] = {**said, **leaving(body)}
                leaving(b"")
                self._client.put_object(Bucket=self._location.bucket, Key=key, Body=body, **more)

    def remove(self, key: str, *, every_version: bool = False) -> None:
        """A bucket with versions keeps the old one, unless `every_version` is meant."""
        client, bucket = self._client, self._location.bucket
        self._leave_alone()
        with self._translated(budget=self._network.budget("listing"), key=key):
            done = client.delete_object(Bucket=bucket, Key=key)
            if not every_version or not (done.get("DeleteMarker") or done.get("VersionId")):
                return
            pages = client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=bucket, Prefix=key):
                for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    if one["Key"] == key:
                        client.delete_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])

    def abandon(self, prefix: str, is_ours: Callable[[str], bool], before: datetime) -> int:
        """End the uploads of the dead, which nobody sees and somebody pays; how many."""
        client, bucket = self._client, self._location.bucket
        ended = 0
        with self._translated(budget=self._network.budget("listing"), prefix=prefix):
            pages = client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=bucket, Prefix=prefix):
                for one in page.get("Uploads", ()):
                    key = one["Key"]
                    if is_ours(key) and one["Initiated"] < before:
                        client.abort_multipart_upload(
                            Bucket=bucket, Key=key, UploadId=one["UploadId"]
                        )
                        ended += 1
        return ended

    def try_out(self, prefix: str) -> None:
        """List, write, read and remove one small object. `SpoolError` where it has others."""
        client: Any = self._client
        about = {"Bucket": self._location.bucket, "Key": f"{prefix}check-{secrets.token_hex(8)}"}
        body = b"syncd check --online"
        self.peek(about["Key"])  # some make a bucket of what is written to none
        with self._translated(key=about["Key"]):
            try:
                client.put_object(**about, Body=body, ContentMD5=_md5(body))
                same = client.get_object(**about)["Body"].read(len(body) + 1) == body
            except BaseException:
                with suppress(*FOREIGN):  # what went wrong first is what is told
                    client.delete_object(**about)
                raise
        self.remove(about["Key"])
        if not same:
            path = f"s3://{about['Bucket']}/{about['Key']}"
            sha1 = hashlib.sha1(body, usedforsecurity=False).hexdigest()
            raise SpoolError("archive_object_damaged", path=path, sha1=sha1)

    def _versions(self, page: dict[str, Any], prefix: str) -> Iterator[Version]:
        """Without markers of folders: some servers list an emptied one, and give it no ETag."""
        files = [one for one in page.get("Contents", ()) if not str(one.get("Key")).endswith("/")]
        return super()._versions({**page, "Contents": files}, prefix)


class _Leaving:
    """Looks at bytes as they leave: `b""` at their end. The sums go along with each request."""

    def __init__(self, digest: Digest) -> None:
        self._digest = digest
        self._hash = hashlib.sha1(usedforsecurity=False)

    def __call__(self, part: bytes) -> dict[str, Any]:
        self._hash.update(part)
        if not part and self._hash.hexdigest() != self._digest.sha1:
            raise SpoolError("archive_other_bytes", sha1=self._digest.sha1)
        return {"ContentMD5": _md5(part)}


def _md5(body: bytes) -> str:
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
