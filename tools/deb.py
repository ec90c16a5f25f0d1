"""`make deb`: the Debian package of syncd, in `dist/`.

Made of deploy/debian, deploy/systemd and the libraries of the environment that runs this, in which
the tests ran: each must have the version of constraints.txt, and each file the hash that its wheel
gave it. So nothing is fetched, and two builds of one commit are one package, byte for byte. It is
for the Debian whose Python is of this version; `Depends` says so.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from importlib.metadata import Distribution, PackagePath, distribution
from pathlib import Path

from click.shell_completion import BashComplete, FishComplete, ZshComplete
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from syncd import __version__
from syncd.cli.commands import syncd
from tools import reference

ROOT = Path(__file__).parents[1]
DEBIAN = ROOT / "deploy" / "debian"
UNITS = ROOT / "deploy" / "systemd"
EXTRAS = frozenset({"oidc", "postgresql"})  # nobody can add them afterwards
HOME = Path("usr/lib/syncd")
# As the Dockerfile, which says why.
AWS_SERVICES = frozenset({"s3", "sts", "sso", "sso-oidc", "signin"})
COMPLETIONS = {
    BashComplete: "usr/share/bash-completion/completions/syncd",
    FishComplete: "usr/share/fish/vendor_completions.d/syncd.fish",
    ZshComplete: "usr/share/zsh/vendor-completions/_syncd",
}
_OURS_ALONE = {"REQUESTED", "direct_url.json"}  # how this environment was made, not what is in it


def main() -> int:
    parser = argparse.ArgumentParser(prog="make deb", description=__doc__)
    parser.add_argument("--revision", default="1", help="of the package, of one version of syncd")
    parser.add_argument(
        "--into", type=Path, default=ROOT / "dist", help="the folder of the package"
    )
    parser.add_argument("--compression", default="xz", help="as dpkg-deb -Z")
    asked = parser.parse_args()
    if shutil.which("dpkg-deb") is None:
        sys.exit("make deb: dpkg-deb is not installed. On Debian: apt install dpkg")
    made = build(asked.into, asked.revision, asked.compression)
    _tell(f"{made}: {made.stat().st_size / 1e6:.1f} MB")
    return 0


def build(into: Path, revision: str = "1", compression: str = "xz") -> Path:
    """The package. Ends the program where this environment is not that of the pins."""
    with tempfile.TemporaryDirectory(prefix="syncd-deb-") as folder:
        tree = Path(folder)
        prepare(tree)
        return pack(tree, into, revision, compression)


def prepare(tree: Path) -> None:
    """All that is installed, but what tells the revision."""
    _tell("building syncd's wheel, copying the libraries, each file held to its hash")
    _libraries(tree)
    _tell("writing the manual, the completion, the units and the configuration")
    _own_files(tree)
    _made_the_same(tree)
    _tell("compiling")
    _compiled(tree)


def pack(tree: Path, into: Path, revision: str, compression: str) -> Path:
    architecture = _said("dpkg", "--print-architecture")
    version = f"{__version__}-{revision}"
    _changelog(tree, version)
    _control(tree, version, architecture)
    _made_the_same(tree)
    into.mkdir(parents=True, exist_ok=True)
    made = into / f"syncd_{version}_{architecture}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(_date())}
    options = ["--root-owner-group", f"-Z{compression}"]
    command = ["dpkg-deb", *options, "--build", str(tree), str(made)]
    _tell("packing" + (" (a minute or two)" if compression == "xz" else ""))
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return made


# -- what syncd needs -----------------------------------------------------------------------------


def _libraries(tree: Path) -> None:
    """A virtual environment without pip, at its place, with syncd and what it needs."""
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = tree / HOME / "lib" / minor / "site-packages"
    site.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as folder:
        build_wheel = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        subprocess.run(build_wheel, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        zipfile.ZipFile(wheel).extractall(site)
    (info,) = site.glob("syncd-*.dist-info")
    pins = _pins()
    for one in _needed(Distribution.at(info)):
        name = canonicalize_name(one.name)
        if pins.get(name) != one.version:
            sys.exit(
                f"make deb: {name} {one.version} is installed, constraints.txt has {pins.get(name)}"
                ". Make the environment anew: make clean, then make deb"
            )
        for file in one.files or ():
            if _is_content(file):
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                (site / file).write_bytes(as_published(one, file))
    for service in (site / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in AWS_SERVICES:
            shutil.rmtree(service)
    for newer in (site / "rapidfuzz").rglob("*_avx2.*"):
        newer.unlink()
    (tree / HOME / "bin").mkdir()
    (tree / HOME / "bin" / "python3").symlink_to(f"../../../bin/{minor}")
    _write(
        tree / HOME / "pyvenv.cfg",
        "home = /usr/bin\ninclude-system-site-packages = false\n"
        f"version = {sys.version_info[0]}.{sys.version_info[1]}\n",
    )


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def _needed(syncd_itself: Distribution) -> Iterator[Distribution]:
    """What it needs, and what that needs, each once."""
    seen: set[tuple[str, frozenset[str]]] = set()
    given: set[str] = set()
    left = [(syncd_itself, EXTRAS)]
    while left:
        whose, extras = left.pop()
        for text in whose.requires or ():
            one = Requirement(text)
            wanted = one.marker is None or any(
                one.marker.evaluate({"extra": extra}) for extra in extras | {""}
            )
            name = canonicalize_name(one.name)
            key = name, frozenset(one.extras)
            if not wanted or key in seen:
                continue
            seen.add(key)
            found = distribution(name)
            left.append((found, key[1]))
            if name not in given:
                given.add(name)
                yield found


def _is_content(file: PackagePath) -> bool:
    """Neither a program beside the libraries nor what is compiled for this place."""
    is_within = ".." not in file.parts and not file.is_absolute()
    return is_within and file.suffix != ".pyc" and file.name not in _OURS_ALONE


def record(text: str) -> str:
    """Without what is not packed: programs' hashes are of the place where they are installed."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if _is_content(PackagePath(line.partition(",")[0])))


def as_published(one: Distribution, file: PackagePath) -> bytes:
    content = Path(str(one.locate_file(file))).read_bytes()
    if file.name == "RECORD":
        return record(content.decode()).encode()
    if file.hash is not None:
        digest = hashlib.new(file.hash.mode, content).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            sys.exit(f"make deb: {file} of {one.name} was changed after it was installed")
    return content


# -- the package's own files ----------------------------------------------------------------------


def _own_files(tree: Path) -> None:
    documents = tree / "usr/share/doc/syncd"
    for source, target, mode in (
        (DEBIAN / "syncd", "usr/bin/syncd", 0o755),
        (DEBIAN / "manifest.yaml", "etc/syncd/manifest.yaml", 0o644),
        (DEBIAN / "syncd.env", "etc/syncd/syncd.env", 0o640),
        (DEBIAN / "lintian-overrides", "usr/share/lintian/overrides/syncd", 0o644),
        (ROOT / "config/manifest.schema.json", "usr/share/syncd/manifest.schema.json", 0o644),
        *((unit, f"usr/lib/systemd/system/{unit.name}", 0o644) for unit in UNITS.iterdir()),
    ):
        (tree / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, tree / target)
        (tree / target).chmod(mode)
    example = (ROOT / "config/manifest.example.yaml").read_text(encoding="utf-8")
    schema = "$schema=/usr/share/syncd/manifest.schema.json"
    _write(
        documents / "examples/manifest.example.yaml",
        example.replace("$schema=manifest.schema.json", schema),
    )
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8").splitlines()
    _write(
        documents / "copyright",
        (DEBIAN / "copyright").read_text(encoding="utf-8")
        + "".join(f" {line or '.'}\n" for line in licence),
    )
    _zipped(documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_bytes())
    date = datetime.fromtimestamp(_date(), UTC)
    french = reference.manual(reference.French(reference.catalogue()), date)
    pages = {"man1": reference.english_manual(date), "fr/man1": french}
    for folder, page in pages.items():
        _zipped(tree / "usr/share/man" / folder / "syncd.1.gz", page.encode())
    for kind, target in COMPLETIONS.items():
        _write(tree / target, kind(syncd, {}, "syncd", "_SYNCD_COMPLETE").source().strip() + "\n")


def _changelog(tree: Path, version: str) -> None:
    entry = (
        f"syncd ({version}) unstable; urgency=medium\n\n  * See changelog.gz.\n\n"
        f" -- {_maintainer()}  {formatdate(_date())}\n"
    )
    _zipped(tree / "usr/share/doc/syncd/changelog.Debian.gz", entry.encode())


def _control(tree: Path, version: str, architecture: str) -> None:
    control = tree / "DEBIAN"
    control.mkdir(exist_ok=True)
    files = [one for one in sorted(tree.rglob("*")) if control not in (one, *one.parents)]
    contents = [one for one in files if one.is_file() and not one.is_symlink()]
    major, minor = sys.version_info[:2]
    fields = (DEBIAN / "control").read_text(encoding="utf-8")
    _write(
        control / "control",
        fields.format(
            version=version,
            architecture=architecture,
            maintainer=_maintainer(),
            python=f"{major}.{minor}",
            next_python=f"{major}.{minor + 1}",
            # As dpkg-gencontrol reckons: a file takes whole kibibytes, anything else one.
            kibibytes=sum(-(-one.stat().st_size // 1024) for one in contents)
            + len(files)
            - len(contents),
        ),
    )
    etc = [f"/{one.relative_to(tree)}" for one in contents if one.is_relative_to(tree / "etc")]
    _write(control / "conffiles", "".join(f"{one}\n" for one in etc))
    sums = (
        f"{hashlib.md5(one.read_bytes(), usedforsecurity=False).hexdigest()}  "
        f"{one.relative_to(tree)}\n"
        for one in contents
        if not one.is_relative_to(tree / "etc")
    )
    _write(control / "md5sums", "".join(sums))
    for script in ("postinst", "postrm", "prerm"):
        shutil.copyfile(DEBIAN / script, control / script)
        (control / script).chmod(0o755)


def _maintainer() -> str:
    """As Debian's own tools ask for it."""
    name = os.environ.get("DEBFULLNAME", "syncd")
    return f"{name} <{os.environ.get('DEBEMAIL', 'root@localhost')}>"


# -- one package, wherever and whenever it is made ------------------------------------------------


def _made_the_same(tree: Path) -> None:
    """Dates and modes by rule. `dpkg-deb` sorts."""
    date = _date()
    for one in (tree, *tree.rglob("*")):
        if not one.is_symlink():
            is_executable = one.is_dir() or one.stat().st_mode & 0o100
            one.chmod(0o755 if is_executable else 0o640 if one.name == "syncd.env" else 0o644)
        os.utime(one, (date, date), follow_symlinks=False)


def _compiled(tree: Path) -> None:
    """The service's user may not write there: each start would compile all anew."""
    program = (
        "import compileall, py_compile; raise SystemExit(not compileall.compile_dir("
        f"{str(tree / HOME)!r}, quiet=1, stripdir={str(tree)!r}, prependdir='/', "
        "invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP))"
    )
    # A process of its own, as the order of sets is in what is compiled.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def _date() -> int:
    """Seconds since 1970: of the sources, not of the build."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or _said("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _tell(what: str) -> None:
    sys.stdout.write(f"make deb: {what}\n")
    sys.stdout.flush()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _zipped(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    sys.exit(main())
