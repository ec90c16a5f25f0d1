"""A file that a Mac deposited, by the installed command on a real S3 server."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

from tests.support.cli_harness import Office, sha1

KEY = "données/été/fréquentation.csv"
BODY = b"id\n1\n"


def test_a_macs_file_is_published_named_and_fetched_as_everybody_types_it(
    office: Office, tmp_path: Path
) -> None:
    resource = office.resource("Fréquentation")
    office.entry(resource=resource, object=normalize("NFC", KEY))
    office.bucket.put(normalize("NFD", KEY), BODY)

    assert office.sync().code == 0

    assert office.online(resource)["checksum"]["value"] == sha1(BODY)
    for form in ("NFC", "NFD"):
        typed = normalize(form, KEY)  # type: ignore[arg-type]  # one of its forms
        shown = office.run("history", typed)
        assert "Fréquentation" in shown.out, shown.all
        copy = tmp_path / form
        assert office.run("fetch", typed, "--online", "--output", str(copy)).code == 0
        assert copy.read_bytes() == BODY
