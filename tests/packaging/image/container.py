"""Containers of the image, run with the options of docker-compose.yml."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ruamel.yaml import YAML

from tests.packaging.image.machine import Machine

PATIENCE = 30.0  # seconds until a service is healthy, or until a single command has ended

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Production:
    """How docker-compose.yml runs the service."""

    options: tuple[str, ...]
    environment: Mapping[str, str]
    grace: int  # seconds
    memory: int  # bytes

    @classmethod
    def read(cls, file: Path) -> Self:
        """Fails when an option that production needs has gone."""
        service = YAML(typ="safe").load(file.read_text(encoding="utf-8"))["services"]["syncd"]
        options = [
            # podman alone would put writable folders over /run and /var/tmp.
            *(["--read-only", "--read-only-tmpfs=false"] if service.get("read_only") else []),
            *(f"--tmpfs={one}" for one in service.get("tmpfs", ())),
            *(f"--cap-drop={one}" for one in service.get("cap_drop", ())),
            *(f"--security-opt={one.replace(':true', '')}" for one in service["security_opt"]),
            f"--memory={service['mem_limit']}",
            f"--memory-swap={service['memswap_limit']}",
            f"--pids-limit={service['pids_limit']}",
        ]
        grace = int(service["stop_grace_period"].removesuffix("s"))
        memory = int(service["mem_limit"].removesuffix("m")) * 1024 * 1024
        return cls(tuple(options), service["environment"], grace, memory)


class Container:
    """Started when the `with` block is entered, removed when it is left."""

    def __init__(
        self, machine: Machine, image: str, options: Sequence[str], arguments: Sequence[str] = ()
    ) -> None:
        self._machine = machine
        self.name = f"syncd-test-{os.getpid()}-{next(_numbers)}"
        self._command = [f"--name={self.name}", *options, image, *arguments]

    def __enter__(self) -> Self:
        self.started = time.monotonic()
        self._machine.podman("run", "--detach", *self._command)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The state's volume is named, and stays for the next container.
        self._machine.podman("rm", "--force", "--time=0", self.name, expect=None)

    @property
    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self._machine.podman("inspect", "--format={{json .State}}", self.name).stdout
        )
        return found

    @property
    def pid(self) -> int:
        """Of its process 1, as the machine sees it."""
        return int(self.state["Pid"])

    def proc(self, name: str) -> str:
        """A file of process 1 under /proc."""
        return Path(f"/proc/{self.pid}/{name}").read_text(encoding="utf-8")

    def status(self, field: str) -> str:
        """A line of /proc/1/status."""
        lines = dict(line.split(":", 1) for line in self.proc("status").splitlines())
        return " ".join(lines[field].split())

    def execute(self, *command: str, user: str = "") -> tuple[int, str]:
        chosen = [f"--user={user}"] if user else []
        done = self._machine.podman("exec", *chosen, self.name, *command, expect=None)
        return done.returncode, (done.stdout + done.stderr).strip()

    def health(self) -> int:
        """The exit code of the image's own health check."""
        return self._machine.podman("healthcheck", "run", self.name, expect=None).returncode

    def wait_until_healthy(self) -> float:
        """Seconds from the start; the tries themselves are the pause between them."""
        while self.health() != 0:
            waited = time.monotonic() - self.started
            if self.state["Status"] != "running" or waited > PATIENCE:
                raise TimeoutError(f"not healthy after {waited:.1f} s:\n{self.logs()[-800:]}")
        return time.monotonic() - self.started

    def signal(self, name: str) -> None:
        self._machine.podman("kill", f"--signal={name}", self.name)

    def stop(self, grace: int) -> tuple[float, int]:
        """As an orchestrator does: seconds, exit code."""
        began = time.monotonic()
        self._machine.podman("stop", f"--time={grace}", self.name)
        return time.monotonic() - began, int(self.state["ExitCode"])

    def logs(self) -> str:
        done = self._machine.podman("logs", self.name)
        return done.stdout + done.stderr


def once(
    machine: Machine, image: str, options: Sequence[str], arguments: Sequence[str]
) -> tuple[int, str]:
    """A container that ends by itself: exit code, and all that it wrote."""
    limit = f"--timeout={PATIENCE:.0f}"  # killed then
    done = machine.podman("run", "--rm", limit, *options, image, *arguments, expect=None)
    return done.returncode, (done.stdout + done.stderr).strip()
