"""What stands in several files says the same in all of them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import syncd
from tools.dependencies import rows_of

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.+!]*)")
REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?(?:>=(?P<bound>[0-9.]+))?(?:,<[0-9.]+)?"
)

# Registries by the parts of their names, so that this file does not hold what it looks for.
HOSTS = [
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("registry", "yarnpkg", "com"),
    ("proxy", "golang", "org"),
    ("static", "crates", "io"),
    ("rubygems", "org"),
]
OPTIONS = ["-".join(("index", "url")), "-".join(("find", "links")), "-".join(("trusted", "host"))]
ADDRESS = re.compile(
    "|".join([*(r"\.".join(host) for host in HOSTS), *(f"{option}[ =]" for option in OPTIONS)])
)


def normalised(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    """The versions by name; fails on any line that is neither a pin nor a comment."""
    found = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            match = PIN.fullmatch(line)
            assert match, f"{file}: not a line of the form name==version: {line!r}"
            assert match["name"] not in found, f"{file}: twice: {line!r}"
            found[match["name"]] = match["version"]
    return found


def bounds(requirements: list[str]) -> dict[str, str]:
    """The lower bounds by name ("" where there is none), without the project's own extras."""
    matches = {text: REQUIREMENT.fullmatch(text) for text in requirements}
    assert all(matches.values()), f"not name>=bound: {matches}"
    found = {normalised(m["name"]): m["bound"] or "" for m in matches.values() if m}
    found.pop(PROJECT["name"], None)
    return found


def test_the_lowest_constraints_are_the_lower_bounds_of_the_project() -> None:
    lowest = pins("constraints-lowest.txt")
    extras = PROJECT["optional-dependencies"]
    expected = bounds([*PROJECT["dependencies"], *extras["postgresql"], *extras["oidc"]])
    assert {name: lowest.get(name) for name in expected} == expected


def test_every_direct_dependency_is_pinned() -> None:
    extras = PROJECT["optional-dependencies"].values()
    direct = bounds([*PROJECT["dependencies"], *(text for extra in extras for text in extra)])
    assert direct.keys() - pins("constraints.txt").keys() == set()


def test_no_pin_is_below_the_bound_that_the_project_states() -> None:
    def parts(version: str) -> list[int]:
        return [int(number) for number in re.findall(r"\d+", version)]

    pinned = pins("constraints.txt")
    extras = PROJECT["optional-dependencies"].values()
    direct = bounds([*PROJECT["dependencies"], *(text for extra in extras for text in extra)])
    assert [n for n, bound in direct.items() if parts(pinned[n]) < parts(bound)] == []


def test_the_pins_are_sorted() -> None:
    assert list(pins("constraints.txt")) == sorted(pins("constraints.txt"))


HASHED = re.compile(
    r"(?P<pin>[^ ;]+)(?: ; [^\\\n]+)? \\\n(?P<hashes>(?: {4}--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
)


def hashed() -> dict[str, tuple[str, int]]:
    """Version and number of hashes by name; fails on anything else that the file may hold."""
    text = (ROOT / "constraints.hashes.txt").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    matches = list(HASHED.finditer(text))
    assert "".join(match[0] for match in matches) == text
    names = [PIN.fullmatch(match["pin"]) for match in matches]
    return {
        name["name"]: (name["version"], match["hashes"].count("--hash"))
        for name, match in zip(names, matches, strict=True)
        if name
    }


def test_what_is_shipped_has_hashes_for_the_very_versions_of_the_pins() -> None:
    extras = PROJECT["optional-dependencies"]
    builds = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
    shipped = bounds(
        [*PROJECT["dependencies"], *extras["postgresql"], *extras["oidc"], *builds["requires"]]
    )
    found = hashed()
    assert shipped.keys() - found.keys() == set()
    pinned = pins("constraints.txt")
    assert {name: pinned.get(name) for name in found} == {n: v for n, (v, _) in found.items()}
    assert [name for name, (_, hashes) in found.items() if hashes == 0] == []


def test_the_page_of_dependencies_has_every_package_that_is_shipped_and_says_why() -> None:
    page = (ROOT / "docs" / "dependances.md").read_text(encoding="utf-8")
    rows = rows_of(page)
    assert {name: row[1] for name, row in rows.items()} == {n: v for n, (v, _) in hashed().items()}
    assert [name for name, row in rows.items() if not all(row)] == []


def test_the_version_is_the_same_everywhere() -> None:
    def first(file: str, pattern: str) -> str:
        match = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
        assert match, f"{file} states no version"
        return match[1]

    stated = {
        "pyproject.toml": PROJECT["version"],
        "syncd/__init__.py": syncd.__version__,
        "publiccode.yml": str(YAML().load(ROOT / "publiccode.yml")["softwareVersion"]),
        "CHANGELOG.md": first("CHANGELOG.md", r"^## \[([0-9][^]]*)\]"),
        "Dockerfile": first("Dockerfile", r"^ARG VERSION=(\S+)"),
        "docker-compose.yml": first("docker-compose.yml", r"image: syncd:(\S+)"),
        "cronjob.yaml": first("deploy/kubernetes/cronjob.yaml", r"image: \S+/syncd:(\S+)"),
        "deployment.yaml": first("deploy/kubernetes/deployment.yaml", r"image: \S+/syncd:(\S+)"),
        "several": first("deploy/kubernetes-several/deployment.yaml", r"image: \S+/syncd:(\S+)"),
    }
    assert set(stated.values()) == {PROJECT["version"]}, stated


def test_the_licence_is_the_one_that_is_stated() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "EUPL-1.2"
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")
    assert YAML().load(ROOT / "publiccode.yml")["legal"]["license"] == PROJECT["license"]


def test_the_public_description_fits_its_standard() -> None:
    described = YAML().load(ROOT / "publiccode.yml")["description"]
    assert set(described) == {"en", "fr"}
    for text in described.values():
        assert len(text["shortDescription"]) <= 150
        assert 500 <= len(text["longDescription"]) <= 10_000


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    found = [
        f"{file}: {match[0]}"
        for file, text in project_files().items()
        if (match := ADDRESS.search(text))
    ]
    assert found == []


@pytest.mark.parametrize("host", [".".join(host) for host in HOSTS])
def test_the_address_of_a_package_registry_would_be_seen(host: str) -> None:
    assert ADDRESS.search(f"https://{host}/simple/some-package")


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_that_names_a_registry_would_be_seen(option: str) -> None:
    assert ADDRESS.search(f"--{option} https://mirror.example.org")
    assert ADDRESS.search(f"{option}=https://mirror.example.org")


def project_files() -> dict[str, str]:
    """The text of every file that git tracks, or would at the next commit."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    if listing.returncode != 0:
        pytest.skip("not a git working tree")
    names = [name for name in listing.stdout.decode().split("\0") if name]
    assert "pyproject.toml" in names
    return {
        name: (ROOT / name).read_bytes().decode("utf-8", "replace")
        for name in names
        if (ROOT / name).is_file()
    }


def test_the_wheel_carries_the_french_catalogue(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    compiled = "syncd/locale/fr/LC_MESSAGES/syncd.mo"
    with zipfile.ZipFile(wheel) as packed:
        assert packed.read(compiled) == (ROOT / compiled).read_bytes()
