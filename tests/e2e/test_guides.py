"""Every command of the French guides, run as it stands there, from the first page to the last.

Only the addresses are others: those of the servers of the tests. There is no container engine here
and no package index: `docker` and `pip` are stand-ins that run the installed command in the way the
files of the project say; the image itself has its own tests.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from syncd.config.manifest import loads
from syncd.config.settings import load_settings
from tests.support.cli_harness import PATIENCE, SYNCD, Office, Running, sha1
from tests.support.guide import DOCS, Block, blocks

PROJECT = DOCS.parent
PAGES = sorted(page.name for page in DOCS.glob("*.md"))
MUSEUMS = b"nom;ville\nLouvre;Paris\nOrsay;Paris\nLam;Lille\n"
FESTIVALS = b"nom;annee\nAvignon;1947\nCannes;1946\n"
ERROR_PAGE = b"<!doctype html><html><head><title>503</title></head><body>Erreur</body></html>\n" * 2

DOCKER = """#!{python}
import os, re, select, shutil, signal, subprocess, sys
sys.argv[1] == "compose" or sys.exit("docker compose alone is used")
assert os.path.exists("docker-compose.yml")
verb, rest = sys.argv[2], sys.argv[3:]
secrets = {{name: open(f"secrets/{{name}}").read() for name in os.listdir("secrets")}}
environment = {{**os.environ, **secrets}}
os.makedirs("state", mode=0o700, exist_ok=True)  # a volume is there before whoever writes to it
inside = lambda text: re.sub("(^|=)/(?=(config|state)/)", r"\\1", text)  # the folders it sees
if verb == "run":
    assert rest[:2] == ["--rm", "-T"], rest
    more = rest[2:]
    if more[0] == "--env":
        name, value = inside(more[1]).split("=")
        environment[name], more = value, more[2:]
    assert more[0] == "syncd", rest
    os.execve("{syncd}", ["syncd", *map(inside, more[1:])], environment)
elif verb == "cp":
    service, path = rest[0].split(":")
    assert service == "syncd", rest
    shutil.copy(inside(path), rest[1])
elif verb == "exec":
    assert rest[:2] == ["syncd", "syncd"], rest
    os.execve("{syncd}", [*map(inside, rest[1:])], environment)
elif verb == "stop":
    assert rest == ["syncd"], rest
    handle = os.pidfd_open(int(open("docker.pid").read()))
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    assert select.select([handle], [], [], 60)[0]
elif verb == "up":
    assert rest == ["--detach"], rest
    log = open("docker.log", "w")
    started = subprocess.Popen(
        ["{syncd}", "run"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    open("docker.pid", "w").write(str(started.pid))
elif verb == "kill":
    assert rest == ["--signal", "HUP", "syncd"], rest
    os.kill(int(open("docker.pid").read()), signal.SIGHUP)
else:
    assert [verb, *rest] in (["build"], ["build", "--pull"]), (verb, rest)
"""
PIP = """#!{python}
import os, sys
assert sys.argv[1:] == ["install", "-c", "constraints.txt", "."], sys.argv
assert all(os.path.exists(name) for name in ("constraints.txt", "pyproject.toml"))
os.symlink("{syncd}", os.path.join(os.path.dirname(sys.argv[0]), "syncd"))
"""


class Reader:
    """Somebody who follows the guides on a new machine."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.home = office.folder / "syncd"
        self.home.mkdir()
        for name in ("docker-compose.yml", "constraints.txt", "pyproject.toml"):
            (self.home / name).symlink_to(PROJECT / name)
        self.service: Running | None = None
        self.other = ""  # a dataset that came later
        self.tools = office.folder / "tools"
        self.tools.mkdir()
        self.tool("docker", DOCKER)
        self.tool("chown", "#!/bin/sh\n")  # only root may give files away
        self.environment = {
            "PATH": f"{self.tools}:{SYNCD.parent}:{os.environ['PATH']}",
            "HOME": str(office.folder),
            "LANG": "C.UTF-8",
            "SYNCD_HTTP_ADDRESS": "off",
            "CLE_API": office.portal.keys["editor"],
            "CLE_S3": office.bucket.access_key,
            "CLE_S3_SECRETE": office.bucket.secret_key,
        }

    def tool(self, name: str, text: str) -> None:
        path = self.tools / name
        path.write_text(text.format(python=sys.executable, syncd=SYNCD) if "{" in text else text)
        path.chmod(0o755)

    def there(self, commands: str) -> str:
        """The commands with this world's addresses in the place of the examples'."""
        page = self.office.portal.dataset(self.office.dataset)["page"]
        slug = page.rstrip("/").rsplit("/", 1)[-1]
        other = self.office.portal.dataset(self.other)["page"] if self.other else ""
        for example, here in {
            "https://demo.data.gouv.fr/datasets/liste-des-musees/": page,
            "https://www.data.gouv.fr/datasets/liste-des-musees/": page,
            "https://demo.data.gouv.fr/datasets/festivals-de-france/": other,
            "--dataset liste-des-musees": f"--dataset {slug}",
            "https://s3.interne.example.fr": self.office.bucket.endpoint,
            "publication-opendata": self.office.bucket.bucket,
        }.items():
            commands = commands.replace(example, here)
        assert ".gouv.fr" not in commands
        return commands

    def run(self, block: Block) -> str:
        """What it said; fails where it does not end as the page has it."""
        script = f"shopt -s expand_aliases\nset -eu\n{self.there(block.commands)}\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        said = done.stdout + done.stderr
        assert done.returncode == block.code, f"{block.commands}\n{said}"
        assert "Traceback" not in said
        return said

    # -- what happens in the world ------------------------------------------------------------

    def edit(self, change: Callable[[str], str]) -> None:
        manifest = self.home / "config" / "manifest.yaml"
        before = manifest.read_text("utf-8")
        after = change(before)
        assert after != before
        manifest.write_text(after, "utf-8")

    def happens(self, what: str) -> None:
        bucket = self.office.bucket
        if what == "confirmer":
            lines = r"# (- resource: \S+\n +)# (object: divers/monuments_2026.csv)"
            self.edit(lambda text: re.sub(lines, r"\1\2", text))
        elif what == "mauvais":
            bucket.put("musees/liste_musees.csv", ERROR_PAGE)
            self.run(Block("", "syncd sync", code=3))
        elif what == "bon":
            bucket.put("musees/liste_musees.csv", MUSEUMS)
        elif what == "notice":
            (self.home / "notice.csv").write_bytes(b"colonne;sens\nnom;le nom\n")
        elif what == "cle":
            env = self.home / ".env"
            good = env.read_text()
            env.write_text(good.replace(self.office.portal.keys["editor"], "revoked-key"))
            said = self.run(Block("", "syncd check --online", code=1))
            assert "SYNCD_API_KEY" in said
            env.write_text(good)
        elif what == "renomme":
            bucket.put("festivals/festivals_france.csv", FESTIVALS)
            bucket.delete("festivals/festivals.csv")
        elif what == "corriger":
            old, new = "festivals/festivals.csv", "festivals/festivals_france.csv"
            self.edit(lambda text: text.replace(f"object: {old}", f"object: {new}"))
        elif what == "notice-docker":
            (self.home / "config" / "notice.csv").write_bytes(b"colonne;sens\nnom;le nom\n")
        elif what == "production-docker":
            manifest = self.home / "config" / "manifest.yaml"
            (self.home / "config" / "production.yaml").write_bytes(manifest.read_bytes())
        elif what == "nouveau-jeu":
            self.other = self.office.portal.new_dataset("Festivals de France")
            for year in (2024, 2025):
                content = f"nom;annee\nAvignon;{year}\n".encode()
                name = f"programme_{year}.csv"
                self.office.resource(f"Programme {year}", name, content, dataset=self.other)
                bucket.put(f"programmes/{name}", content)
        elif what == "nomme":
            forced = "syncd sync --force --resource musees/liste_musees.csv"
            self.run(Block("", f'{forced} --by "Camille Martin"'))
        elif what == "arrete":
            self.stop_service()
        elif what == "demenage":  # on the new machine there is no state folder yet
            self.environment["SYNCD_STATE_DIR"] = str(self.home / "nouveau")
        elif what == "demenage-docker":
            (self.home / "config" / "syncd.tar").write_bytes((self.home / "syncd.tar").read_bytes())
        elif what == "arret":  # a new container takes the place of the former one
            self.stop()
        else:
            assert what in {"production", "service"}, what

    def stop(self) -> None:
        """The service that the stand-in for docker started; it is no child of ours."""
        pid = int((self.home / "docker.pid").read_text())
        handle = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGTERM)
            assert select.select([handle], [], [], PATIENCE)[0]
        finally:
            os.close(handle)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """`syncd run`, as the guide starts it, until the guide is read to its end."""
        with Running(("run",), self.environment, self.home, cold=True) as running:
            running.wait_for("service.started")
            self.service = running
            yield
            self.stop_service()

    def stop_service(self) -> None:
        if self.service is not None:
            self.service.process.terminate()
            done = self.service.finish()
            self.service = None
            assert done.code == 0, done.all


@pytest.fixture
def reader(real: Office) -> Reader:
    real.resource("Liste des musées", "liste_musees.csv", MUSEUMS)
    real.resource("Festivals", "festivals.csv", FESTIVALS)
    real.resource("Monuments 2025", "monuments_2025.csv", b"nom\nA\n")
    real.bucket.put("musees/liste_musees.csv", MUSEUMS)
    real.bucket.put("festivals/festivals.csv", FESTIVALS)
    real.bucket.put("divers/monuments_2026.csv", b"nom\nA\nB\n")
    return Reader(real)


@pytest.mark.stress
@pytest.mark.timeout(900)  # dozens of commands, each from its cold start
def test_every_command_of_the_operators_guide_does_what_it_says(reader: Reader) -> None:
    office = reader.office
    todo = [block for block in blocks("exploitation.md") if not block.machine]
    serving = next(n for n, block in enumerate(todo) if block.commands == "syncd run")
    for block in todo[:serving]:
        reader.happens(block.before) if block.before else None
        reader.run(block)
    assert {one["title"] for one in office.portal.dataset(office.dataset)["resources"]} == {
        "Liste des musées",
        "Festivals",
        "Monuments 2025",
    }
    with reader.serving():
        for block in todo[serving + 1 :]:
            reader.happens(block.before) if block.before else None
            said = reader.run(block)
            if block.commands == "syncd holds":
                assert "page web" in said
            if block.before == "renomme":
                assert "festivals/festivals_france.csv" in said
    online = {one["title"]: one for one in office.portal.dataset(office.dataset)["resources"]}
    assert online["Liste des musées"]["checksum"]["value"] == sha1(MUSEUMS)
    assert online["Festivals"]["checksum"]["value"] == sha1(FESTIVALS)


@pytest.mark.parametrize("machine", ["docker", "python"])
def test_the_commands_for_each_machine_work(reader: Reader, machine: str) -> None:
    todo = [block for block in blocks("exploitation.md") if block.machine == machine]
    assert len(todo) > (3 if machine == "docker" else 0)
    if machine == "python":
        venv = reader.home / ".venv" / "bin"
        venv.mkdir(parents=True)
        pip = venv / "pip"
        pip.write_text(PIP.format(python=sys.executable, syncd=SYNCD))
        pip.chmod(0o755)
        reader.tool("python3", '#!/bin/sh\n[ "$*" = "-m venv .venv" ]\n')
        for block in todo:
            assert "syncd" in reader.run(block)
        return
    reader.home.joinpath("config").mkdir()
    alias = "alias syncd='docker compose run --rm -T syncd'\n"
    for number, block in enumerate(todo):
        if number == 2:  # with a manifest by now
            page = blocks("exploitation.md")
            init = next(b for b in page if "syncd init" in b.commands)
            reader.run(Block(init.page, alias + init.commands))
        reader.happens(block.before) if block.before else None
        reader.run(replace(block, commands=alias + block.commands))
    assert "<html" in (reader.home / "audit.html").read_text("utf-8")
    reader.stop()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "exploitation.md"])
def test_the_commands_of_the_other_pages_work(reader: Reader, page: str) -> None:
    todo = [block for block in blocks(page) if not block.machine]
    for block in todo:
        start = list(blocks("exploitation.md"))
        for first in start:
            if "cat > .env" in first.commands or "syncd init" in first.commands:
                reader.run(first)
                if "syncd init" in first.commands:
                    break
        reader.happens(block.before) if block.before else None
        reader.run(block)


@pytest.mark.stress  # that the commands work is tried with those of the other pages
def test_a_dataset_that_the_recipes_add_is_published_and_the_manifests_words_stay(
    reader: Reader,
) -> None:
    start = [b for b in blocks("exploitation.md") if not b.machine]
    for word in ("cat > .env", "syncd init"):
        reader.run(next(block for block in start if word in block.commands))
    reader.edit(lambda text: text.replace("\ndatasets:", "\n# à nous\ndatasets:"))
    before = (reader.home / "config" / "manifest.yaml").read_text("utf-8")
    block = next(b for b in blocks("recettes.md") if "--into" in b.commands)
    reader.happens(block.before)
    reader.run(block)
    after = (reader.home / "config" / "manifest.yaml").read_text("utf-8")
    rest = iter(after.splitlines())
    assert all(line in rest for line in before.splitlines())
    assert '## - each: "programmes/programme_{annee:yyyy}.csv"' in after
    reader.run(Block("", "syncd sync"))
    said = reader.run(Block("", "syncd report --month $(date +%Y-%m)"))
    assert "Programme" not in said
    assert "2 fichiers repris" in said.replace("\xa0", " ")


def test_every_command_named_in_a_sentence_exists() -> None:
    from syncd.cli.commands import syncd

    known = set(syncd.commands)  # type: ignore[attr-defined]  # a click group
    for page in PAGES:
        text = (DOCS / page).read_text("utf-8")
        named = set(re.findall(r"`syncd ([a-z]+)", text)) | set(
            re.findall(r"\bsyncd ([a-z]+)", " ".join(block.commands for block in blocks(page)))
        )
        assert named - known - {"syncd"} == set(), page  # the container is called so, too
        if page == "release.md":  # for maintainers: the options of cosign, docker and others
            continue
        commands = re.sub(r"```css\n.*?```", "", text, flags=re.DOTALL)  # a style's variables
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", commands):
            assert _is_known(option), f"{page}: {option}"


def test_every_command_of_the_deployment_page_exists() -> None:
    from syncd.cli.commands import syncd

    text = (PROJECT / "deploy" / "README.md").read_text("utf-8")
    lead = r"(?:-- syncd|exec syncd syncd|bin/syncd|-T syncd|`syncd|' syncd) ([a-z]+)"
    named = re.findall(lead, text)
    assert len(named) > 10
    assert set(named) - set(syncd.commands) == set()  # type: ignore[attr-defined]  # a click group


def _is_known(option: str) -> bool:
    from syncd.cli.commands import syncd

    elsewhere = {
        "--from-file",
        "--build-arg",
        "--set-xauthrequest",
        "--profile",
        "--rm",
        "--env",
        "--detach",
        "--event",
        "--signal",
        "--pull",
        "--version",
        "--help",
        "--now",
    }
    ours = {o for command in syncd.commands.values() for p in command.params for o in p.opts}  # type: ignore[attr-defined]
    return option in ours | elsewhere


def test_the_readme_links_the_guides_and_the_guides_link_pages_that_exist() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    assert [page for page in PAGES if f"docs/{page}" not in readme] == []
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", (DOCS / page).read_text("utf-8")):
            assert link.startswith("http") or (DOCS / link).exists(), f"{page}: {link}"


HEAD = (
    "version: 1\nportal: https://demo.data.gouv.fr\n"
    "sources: {depot: {endpoint: 'https://s3.example.fr', bucket: depot}}\n"
    "defaults: {source: depot}\n"
)
ENTRY = "datasets:\n  - dataset: 5d2c4f6e8b4c4110c5a1b2c3\n    resources:\n"


def test_the_examples_of_the_recipes_are_a_manifest_that_works() -> None:
    text = (DOCS / "recettes.md").read_text("utf-8")
    found = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    whole = [one for one in found if one.startswith("sources:")]
    examples = [one for one in found if one not in whole]
    loaded = loads(HEAD + ENTRY + "".join(examples), "guide")
    assert len(loaded.datasets[0].targets) == len(examples) == 2
    (links,) = (loads(HEAD.partition("sources")[0] + one, "guide") for one in whole)
    ways = [target.linking for target in links.datasets[0].targets]
    assert [way.copy_to if way else None for way in ways] == ["ouvert", ""]


_SETTING = re.compile(
    r"`((?:guards|expect|drift|settle|unchanged|schedule|paused|schema): [^`…]+)`"
)


@pytest.mark.parametrize("page", [*PAGES, "reference/manifest.md", "reference/guards.md"])
def test_every_setting_that_a_sentence_shows_is_one_that_the_manifest_takes(page: str) -> None:
    found = set(_SETTING.findall((DOCS / page).read_text("utf-8")))
    assert found or page not in {"recettes.md", "exploitation.md"}
    resource = "      - resource: 47ac11c2-8a00-46a7-9fa8-9b802643f975\n        object: a.zip\n"
    for setting in found:
        of_dataset = setting.startswith("schedule")
        entry = ENTRY.replace("    resources", f"    {setting}\n    resources")
        lines = entry + resource if of_dataset else f"{ENTRY}{resource}        {setting}\n"
        loads(HEAD + lines, f"{page}: {setting}")


def test_the_addresses_for_messages_are_taken_by_the_settings_and_by_apprise(
    tmp_path: Path,
) -> None:
    page = (DOCS / "recettes.md").read_text("utf-8")
    addresses = re.findall(r"`((?:mailto|matrix|mmost|json)s?://[^`]+)`", page)
    assert len(addresses) == 6
    contact = addresses.pop()
    given = {"SYNCD_NOTIFY_URLS": " ".join(addresses), "SYNCD_CONTACT_URL": contact}
    load_settings(given, folder=tmp_path)
    assert "{contact}" in contact
    written = [*addresses, contact.replace("{contact}", "musees%40example.fr")]
    known = (
        "import apprise, sys; print([bool(apprise.Apprise.instantiate(a)) for a in sys.argv[1:]])"
    )
    asked = subprocess.run(  # in a process of its own, as syncd has it
        [sys.executable, "-c", known, *written], capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == str([True] * 6)


def test_the_example_of_each_guide_is_a_manifest_that_works() -> None:
    text = (DOCS / "exploitation.md").read_text("utf-8")
    thematic, *examples = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    loaded = loads(HEAD + thematic + ENTRY + "".join(examples), "guide")
    assert len(loaded.datasets[0].targets) == len(examples) == 2
    assert [site.topic for site in loaded.thematic] == ["univers-culture"]
