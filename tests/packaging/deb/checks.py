"""What must be so of the package, from its installation to its end."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncd.cli.commands import syncd
from tests.packaging.deb.debian import Packages, is_reproducible, lintian
from tests.packaging.image.container import Container
from tests.packaging.image.world import TITLES, Runtime

ROOT = Path(__file__).parents[3]
SITE = f"/usr/lib/syncd/lib/python3.{sys.version_info[1]}/site-packages"
MINE = "# Ce que la personne a écrit.\n"

_MODES = {
    "/etc/syncd/manifest.yaml": "root:root 644",
    "/etc/syncd/secrets": "root:syncd 750",
    "/etc/syncd/syncd.env": "root:syncd 640",
    "/usr/bin/syncd": "root:root 755",
    "/usr/lib/syncd": "root:root 755",
    "/var/lib/syncd": "syncd:syncd 750",
}
# This machine's disk need not be waited for. There is no systemd: one that notes what it is asked
# for, and has all units enabled.
_MACHINE = """\
echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/unsafe-io
mkdir -p /run/systemd/system
printf '#!/bin/sh\\necho "$*" >> /run/asked\\necho enabled\\n' > /usr/bin/systemctl
chmod +x /usr/bin/systemctl
"""


@dataclass(frozen=True)
class Bench:
    """What a group of checks works with. `check` notes one result."""

    container: Container
    met: Runtime
    built: Packages
    check: Callable[[str, bool, object], None]

    def shell(self, script: str, user: str = "root") -> tuple[int, str]:
        return self.container.execute("sh", "-c", script, user=user)

    def apt(self, *arguments: str) -> tuple[int, str]:
        command = ("apt-get", "-qq", "--yes", *arguments)
        return self.container.execute("env", "DEBIAN_FRONTEND=noninteractive", *command)

    def asked_of_systemd(self) -> list[str]:
        """Since this was asked last."""
        _, said = self.shell("cat /run/asked; rm -f /run/asked")
        words = said.split()
        return [word for word in words if word in {"start", "stop", "daemon-reload"}]


def made(bench: Bench) -> None:
    """In full alone (SYNCD_TEST_TORTURE=1): it takes a minute."""
    if not os.environ.get("SYNCD_TEST_TORTURE"):
        return
    bench.check("two builds, one package", is_reproducible(bench.built.older), None)
    if shutil.which("lintian") is None:
        sys.stderr.write("SKIPPED lintian: it is not installed\n")
        return
    said = lintian(bench.built.older)
    bench.check("lintian has nothing to say", said == "", said)


def installed(bench: Bench) -> None:
    """By apt, with nothing fetched and nothing asked."""
    check = bench.check
    bench.shell(_MACHINE)
    code, said = bench.apt("install", f"/dist/{bench.built.older.name}")
    check("apt install", code == 0, said[-300:] if code else None)
    bench.asked_of_systemd()
    code, said = bench.shell("dpkg --verify syncd")
    check("dpkg --verify has nothing to say", (code, said) == (0, ""), said[:300])
    for path, expected in _MODES.items():
        _, said = bench.shell(f"stat --format='%U:%G %a' {path}")
        check(f"{path} is {expected}", said == expected, said)
    for unit in sorted((ROOT / "deploy" / "systemd").iterdir()):
        _, said = bench.shell(f"cat /usr/lib/systemd/system/{unit.name}")
        check(f"{unit.name} is that of deploy/systemd", said == unit.read_text("utf-8").strip(), "")
    _, said = bench.shell("find /usr/lib/syncd -name '*.so*' -exec ldd {} + | grep 'not found'")
    check("every library finds its libraries", said == "", said[:300])
    unwanted = f"{SITE}/pip {SITE}/pytest {SITE}/moto {SITE}/hatchling"
    code, said = bench.shell(f"ls -d {SITE}/syncd && ls -d {unwanted} 2>/dev/null")
    check("no pip, nothing of the tests", code != 0 and said == f"{SITE}/syncd", said[:300])


def used(bench: Bench) -> None:
    """As root, as the service's user, and as anybody."""
    check = bench.check
    code, said = bench.shell("syncd check", user="syncd")
    wanted = code == 2 and "/etc/syncd/manifest.yaml:1" in said and "Le fichier ne dit rien" in said
    check("the empty manifest is said, in French", wanted, said[-300:])
    code, said = bench.shell("syncd schema", user="syncd")
    schema = (ROOT / "config" / "manifest.schema.json").read_text("utf-8").strip()
    check("syncd schema", code == 0 and said == schema, said[:100])
    code, said = bench.shell("cd /tmp && syncd check", user="nobody")
    check("anybody else has their own manifest", "config/manifest.yaml" in said, said[:100])
    bench.shell(
        "cp /given/config/manifest.yaml /etc/syncd/ && for file in /given/secrets/*; do"
        " install -o root -g syncd -m 0640 $file /etc/syncd/secrets/; done"
    )
    bench.shell(f"printf '{MINE}' >> /etc/syncd/manifest.yaml")
    for command in ("check --online", "sync"):
        code, said = bench.shell(f"cd /root && syncd {command}")
        check(f"as root: syncd {command}", code == 0, said[-500:] if code else None)
    for key, title in TITLES.items():
        check(f"published: {key}", bench.met.is_published(key, title), None)
    _, said = bench.shell("find /var/lib/syncd -not -user syncd")
    check("root leaves nothing of its own", said == "", said)


def read(bench: Bench) -> None:
    """The manual, in two languages, and what a shell completes."""
    check = bench.check
    for folder, title in {"man1": ".SH NAME", "fr/man1": ".SH NOM"}.items():
        copied = _pid_root(bench) / "usr/share/man" / folder / "syncd.1.gz"
        page = gzip.decompress(copied.read_bytes()).decode().splitlines()
        lacking = [
            name
            for name in syncd.commands
            if not any(line.startswith(f'.SS "syncd {name}') for line in page)
        ]
        check(f"{folder}: every command", lacking == [] and title in page, lacking)
    for words, expected in {"syncd ch": "check", "syncd sync --da": "--dataset"}.items():
        last = len(words.split()) - 1
        script = (
            "shopt -s progcomp; . /usr/share/bash-completion/completions/syncd;"
            f"COMP_WORDS=({words}); COMP_CWORD={last}; _syncd_completion syncd;"
            'echo "${COMPREPLY[@]}"'
        )
        _, said = bench.container.execute("bash", "-c", script)
        check(f"{words}<TAB>", said.split("\n")[-1] == expected, said)


def upgraded(bench: Bench) -> None:
    """What a person wrote and what syncd remembers stay."""
    check = bench.check
    _, before = bench.shell("syncd history --csv")
    bench.asked_of_systemd()
    code, said = bench.container.execute("dpkg", "--install", f"/dist/{bench.built.newer.name}")
    check("dpkg --install of the next revision", code == 0, said[-300:] if code else None)
    asked = bench.asked_of_systemd()
    check("stopped before, started after", asked == ["stop", "daemon-reload", "start"], asked)
    _kept(bench, before)
    sent = bench.met.uploads()
    code, said = bench.shell("syncd sync", user="syncd")
    check("sync sends nothing", code == 0 and bench.met.uploads() == sent, said[-300:])


def removed(bench: Bench) -> None:
    """First the program alone, then everything."""
    check = bench.check
    # As `systemctl enable` does.
    wants = "/etc/systemd/system/multi-user.target.wants"
    bench.shell(f"mkdir -p {wants} && ln -s /usr/lib/systemd/system/syncd.service {wants}")
    code, said = bench.apt("remove", "syncd")
    check("apt remove", code == 0, said[-300:] if code else None)
    check("stopped", "stop" in bench.asked_of_systemd(), None)
    _, said = bench.shell("ls -d /usr/lib/syncd /usr/bin/syncd 2>/dev/null")
    check("the program is gone, bytecode and all", said == "", said)
    code, said = bench.shell("test -s /var/lib/syncd/ledger.sqlite && cat /etc/syncd/manifest.yaml")
    check(
        "what was remembered and written is there", code == 0 and MINE.strip() in said, said[-300:]
    )
    code, said = bench.container.execute("dpkg", "--purge", "syncd")
    check("dpkg --purge", code == 0, said[-300:] if code else None)
    _, said = bench.shell("find / -xdev -name '*syncd*' -not -path '/proc/*'")
    check("nothing is left", said == "", said)
    code, _ = bench.shell("id syncd")
    check("… but the user", code == 0, None)


def _kept(bench: Bench, before: str) -> None:
    _, said = bench.shell("cat /etc/syncd/manifest.yaml")
    bench.check("the manifest is the person's", MINE.strip() in said, said[-100:])
    for path in ("/etc/syncd/secrets", "/etc/syncd/syncd.env"):
        _, said = bench.shell(f"stat --format='%U:%G %a' {path}")
        bench.check(f"{path} is {_MODES[path]}", said == _MODES[path], said)
    _, after = bench.shell("syncd history --csv")
    bench.check("the history is the same", after == before and len(before) > 100, after[-200:])


def _pid_root(bench: Bench) -> Path:
    """The container's files, as this machine sees them."""
    return Path(f"/proc/{bench.container.pid}/root")


GROUPS: tuple[Callable[[Bench], None], ...] = (made, installed, used, read, upgraded, removed)
