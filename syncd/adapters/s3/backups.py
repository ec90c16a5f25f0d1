"""A bucket that takes backups: besides kept files, the only objects that syncd writes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from syncd.adapters.s3.failures import FOREIGN
from syncd.adapters.s3.source import S3Source
from syncd.core.errors import SourceDenied

PART = 16 << 20  # bytes
MOST_PARTS = 9_000  # S3 takes ten thousand


def _unlooked(_part: bytes) -> dict[str, Any]:
    return {}


class BackupBucket(S3Source):
    def put(self, path: Path, key: str) -> None:
        """Store the file: the object is there as a whole, or as it was. `SourceError`, `OSError`.

        In parts where it is large, which asks for no other right than one request does.
        """
        try:
            size = path.stat().st_size
            with self._translated(moved=size, key=key):
                if size <= PART:
                    with path.open("rb") as stream:
                        bucket = self._location.bucket
                        self._client.put_object(Bucket=bucket, Key=key, Body=stream)
                else:
                    self._put_in_parts(path, key)
        except SourceDenied as error:
            if error.reason.code != "s3_write_denied":
                raise
            detail = error.reason.facts["detail"]
            raise SourceDenied("backup_denied", **self._where(key=key), detail=detail) from error

    def _put_in_parts(
        self, path: Path, key: str, look: Callable[[bytes], dict[str, Any]] = _unlooked, **said: Any
    ) -> None:
        """`look`: at each part; what it returns goes along. What it raises ends the upload. `said`:
        of the whole object."""
        client: Any = self._client  # the same arguments go along with each request
        about = {"Bucket": self._location.bucket, "Key": key}
        size = max(PART, -(-path.stat().st_size // MOST_PARTS))
        about["UploadId"] = client.create_multipart_upload(**about, **said)["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            with path.open("rb") as stream:
                while chunk := stream.read(size):
                    number = len(parts) + 1
                    sent = client.upload_part(**about, PartNumber=number, Body=chunk, **look(chunk))
                    parts.append({"ETag": sent["ETag"], "PartNumber": number})
            look(b"")
            client.complete_multipart_upload(**about, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(*FOREIGN):  # what went wrong first is what is told
                client.abort_multipart_upload(**about)
            raise
