"""A Mac's keys on real S3 servers: found by how they look, read by their own bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from unicodedata import normalize

import pytest

from syncd.core.targets import Target
from syncd.sync.listing import scan
from tests.support.builders import exactly, newest, target
from tests.support.s3_servers import Bucket

pytestmark = pytest.mark.s3


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_folder_and_its_files_are_found_in_either_form(s3: Bucket, form: str) -> None:
    key = normalize(form, "données/été/fréquentation 2027.csv")  # type: ignore[arg-type]  # one of its forms
    s3.put(key, b"id\n1\n")
    exact = target(exactly("données/été/fréquentation 2027.csv"), 1)
    pattern = target(newest("données/été/fréq*.csv"), 2)
    source = s3.source()

    def found(wanted: Target) -> bytes:
        seen = scan([wanted], [wanted], {"depot": source}, datetime.now(UTC))
        (match,) = seen.found.matches(wanted)
        assert match.version.key == key
        with source.open(match.version) as opened:
            return b"".join(opened.chunks)

    assert found(exact) == found(pattern) == b"id\n1\n"
