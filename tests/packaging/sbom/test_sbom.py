"""The inventories of a release: true, valid, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import sbom

STATUS = """\
Package: dpkg
Status: install ok installed
Maintainer: Dpkg Developers <debian-dpkg@lists.debian.org>
Architecture: amd64
Version: 1.22.22
Description: Debian package management system

Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: amd64
Source: glibc (2.41-12)
Version: 2.41-12+deb13u1
Description: GNU C Library

Package: python3
Status: install ok installed
Maintainer: Matthias Klose <doko@debian.org>
Architecture: amd64
Version: 3.13.5-1
Depends: libc6
Description: interactive high-level object-oriented language
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A container's file system, of some packages of each kind."""
    files = {
        "usr/lib/os-release": 'ID=debian\nVERSION_ID="13"\n',
        "var/lib/dpkg/status": STATUS,
        "var/lib/dpkg/arch": "amd64\n",
    }
    site = "opt/syncd/lib/python3.13/site-packages"
    for name, version, more in (
        ("syncd", "0.1.0", "Requires-Dist: httpx\n"),
        ("httpx", "0.28.1", "License: BSD-3-Clause\n"),
    ):
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}"
        files[f"{site}/{name}-{version}.dist-info/METADATA"] = metadata
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_an_image_is_a_container_with_debian_and_syncd_in_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    document = sbom.of_root(root)
    sbom.validate(document)
    about = document["metadata"]["component"]
    assert (about["type"], about["name"]) == ("container", "syncd")
    assert document["metadata"]["timestamp"] == "2026-09-21T14:13:20+00:00"
    found = {one["name"]: one for one in document["components"]}
    assert found["libc6"]["purl"].startswith("pkg:deb/debian/libc6@2.41-12%2Bdeb13u1")
    assert found["httpx"]["purl"] == "pkg:pypi/httpx@0.28.1"
    assert (found["debian"]["type"], found["debian"]["version"]) == ("operating-system", "13")
    # Made again it says the same, and what says something else has another number.
    (root / "var/lib/dpkg/status").write_text(STATUS.replace("3.13.5-1", "3.13.5-2"))
    other = sbom.of_root(root)
    assert other.pop("serialNumber") != document.pop("serialNumber")
    assert json.dumps(other).replace("3.13.5-2", "3.13.5-1") == json.dumps(document)


def test_what_is_no_cyclonedx_is_refused(root: Path) -> None:
    document = sbom.of_packages(root / "opt/syncd/lib/python3.13/site-packages")
    document["components"][0]["type"] = "thing"
    with pytest.raises(sbom.Wrong, match="thing"):
        sbom.validate(document)
