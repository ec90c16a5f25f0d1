"""What the wheel and the image are made of, as CycloneDX: `make sbom`, `make sbom IMAGE=…`.

Two well-kept tools look: cyclonedx-py at Python's packages, debsbom at Debian's. For an image the
two are put together. The documents are the same each time: their moment is `SOURCE_DATE_EPOCH`, and
their number is made from what they say.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import uuid
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[1]
VERSION = SchemaVersion.V1_6  # what scanners read in 2026; cyclonedx-py's own choice
# What of an image is looked at: Debian's packages with their licences, and syncd's environment.
PARTS = ("etc", "usr/lib/os-release", "usr/share/doc", "var/lib/dpkg", "opt/syncd")

Document = dict[str, Any]


class Wrong(Exception):
    """The document is not CycloneDX, or a tool could not make it."""


def of_packages(site: Path) -> Document:
    """Of the Python packages in a folder, with syncd as what it is about."""
    with tempfile.TemporaryDirectory() as folder:
        # An empty environment that leads to that folder: the tool asks an interpreter for its path.
        venv.create(folder, with_pip=False)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        (packages / "looked-at.pth").write_text(f"{site}\n", encoding="utf-8")
        said = _run(
            *(sys.executable, "-m", "cyclonedx_py", "environment", folder),
            *("--output-reproducible", "--no-validate", "--spec-version", VERSION.to_version()),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--output-file", "-"),
        )
    return _numbered(json.loads(said))


def of_root(root: Path) -> Document:
    """Of a container's file system: Debian's packages, and what /opt/syncd holds."""
    (site,) = root.glob("opt/syncd/lib/python*/site-packages")
    python = of_packages(site)
    about = python["metadata"]["component"]
    same = ("--timestamp", _moment(), "--cdx-serialnumber", str(uuid.UUID(int=0)))
    version = ("--cdx-schema-version", VERSION.to_version(), "--sbom-type", "cdx")
    debsbom = str(Path(sys.executable).with_name("debsbom"))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "python.cdx.json").write_text(json.dumps(python), encoding="utf-8")
        _run(
            *(debsbom, "generate", "--root", str(root), "--with-licenses", *version, *same),
            *("--distro-name", "debian", "--distro-version", _release(root)),
            *("--out", str(home / "debian")),
        )
        _run(
            *(debsbom, "merge", *version, *same),
            *("--distro-name", about["name"], "--distro-version", about["version"]),
            *("--out", str(home / "both")),
            *(str(home / "debian.cdx.json"), str(home / "python.cdx.json")),
        )
        merged: Document = json.loads((home / "both.cdx.json").read_text(encoding="utf-8"))
    # The tool calls every whole a distribution; this one is a container, with a distribution in it.
    whole = merged["metadata"]["component"]
    merged["metadata"]["component"] = {**whole, "type": "container", "licenses": about["licenses"]}
    merged["metadata"]["tools"]["components"] += python["metadata"]["tools"]["components"]
    return _numbered(merged)


def validate(document: Document) -> None:
    """Against CycloneDX's own schema, which the library carries. `Wrong`."""
    if mistake := JsonStrictValidator(VERSION).validate_str(json.dumps(document)):
        raise Wrong(str(mistake))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description=__doc__)
    parser.add_argument("of", choices=["wheel", "image"])
    parser.add_argument("folder", type=Path, help="where the wheel is, and the document goes")
    parser.add_argument("image", nargs="?", help="its name, of an image")
    parser.add_argument("--engine", default="docker", help="docker or podman")
    asked = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = f"{project['name']}-{project['version']}"
    with tempfile.TemporaryDirectory() as folder:
        if asked.of == "wheel":
            wheel = asked.folder / f"{name}-py3-none-any.whl"
            document = of_packages(_installed(wheel, Path(folder)))
            # Whoever has both can tell that they belong together.
            content = hashlib.sha256(wheel.read_bytes()).hexdigest()
            document["metadata"]["component"]["hashes"] = [{"alg": "SHA-256", "content": content}]
            out = asked.folder / f"{name}.cdx.json"
        else:
            document = of_root(_unpacked(asked.engine, asked.image, Path(folder)))
            out = asked.folder / f"{name}-image.cdx.json"
        document = _numbered(document)
    validate(document)
    out.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{out}: {len(document['components'])} components\n")


def _installed(wheel: Path, folder: Path) -> Path:
    """The wheel with all of its extras, from the files whose hashes are pinned, as the image is."""
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    files, site = folder / "files", folder / "site"
    _run(
        *(*pip, "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"),
        *("--requirement", str(ROOT / "constraints.hashes.txt"), "--dest", str(files)),
    )
    _run(
        *(*pip, "install", "--no-index", "--find-links", str(files), "--no-compile"),
        *("--target", str(site), f"{wheel}[oidc,postgresql]"),
    )
    return site


def _unpacked(engine: str, image: str, folder: Path) -> Path:
    container = _run(engine, "create", image).strip()
    try:
        with subprocess.Popen([engine, "export", container], stdout=subprocess.PIPE) as export:
            subprocess.run(
                ["tar", "--extract", "--directory", str(folder), *PARTS],
                stdin=export.stdout,
                check=True,
            )
    finally:
        _run(engine, "rm", container)
    return folder


def _release(root: Path) -> str:
    """Debian's, such as 13: whoever looks for vulnerabilities asks for it first."""
    lines = (root / "usr/lib/os-release").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_ID"].strip('"')


def _numbered(document: Document) -> Document:
    """With a number of its own, as the standard asks: another one for another content."""
    bare = {key: value for key, value in document.items() if key != "serialNumber"}
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bare, sort_keys=True))
    return {**bare, "serialNumber": number.urn}


def _moment() -> str:
    """As cyclonedx-py takes it."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"{shutil.which(command[0]) or command[0]}: {done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    main()
