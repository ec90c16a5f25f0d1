"""A public bucket that syncd writes copies into. Who may read them is the bucket's own matter."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from syncd.adapters.s3.archive_bucket import ArchiveBucket
from syncd.core.errors import SpoolError
from syncd.core.ports import SpooledFile

_TYPES = mimetypes.MimeTypes()  # Python's own, whatever the machine's files say


class S3PublicBucket(ArchiveBucket):
    """Fulfils `ports.PublicBucket`."""

    def publish(self, file: SpooledFile, key: str) -> None:
        try:
            self.keep(file.path, key, file.digest, ContentType=_kind(key))
        except OSError as error:  # reading the spooled file
            detail = error.strerror or str(error)
            folder = str(file.path.parent)
            raise SpoolError("archive_disk", folder=folder, detail=detail) from error

    @contextmanager
    def trial(self, key: str, body: bytes) -> Iterator[None]:
        client: Any = self._client
        about = {"Bucket": self._location.bucket, "Key": key}
        self.peek(key)  # some make a bucket of what is written to none
        with self._translated(key=key):
            client.put_object(**about, Body=body, ContentType="text/plain")
        try:
            yield
        finally:
            self.remove(key)


def _kind(key: str) -> str:
    """What browsers do with it: a file that is packed is what it is packed in (RFC 9110 §8.4)."""
    found, packed = _TYPES.guess_type(key.rsplit("/", 1)[-1])
    return found if found and not packed else "application/octet-stream"
