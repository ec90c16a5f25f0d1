"""Linters of the files that deploy syncd: each takes the project's folder, and tells its findings.

`Skipped` when the tool cannot be had on this machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from syncd.config.manifest import loads
from syncd.config.settings.gathering import is_known
from syncd.core.errors import ManifestError
from syncd.core.results import OK
from syncd.telemetry.metrics import Metrics
from syncd.telemetry.readiness import Facts
from tests.packaging.deploy import rendering
from tests.packaging.deploy.tools import Skipped, promtool, tool

__all__ = ["LINTERS", "Linter", "Skipped"]

Linter = Callable[[Path], list[str]]

_COMMAND = "ExecStart=syncd "  # of the systemd units; not there on a developer's machine
_EXPOSURE = (
    "12"  # `systemd-analyze security`: 1.2 of 10; what is left is the network that syncd needs
)
_NAME = re.compile(r"\bSYNCD_\w+\b(?<!__)")  # not `SYNCD_SOURCES__<NAME>__…`
_APART = {"kustomization.yaml", "cronjob.yaml"}  # not resources of the kustomization
_KUSTOMIZATION = {"apiVersion", "kind", "labels", "resources", "images"}


def hadolint(root: Path) -> list[str]:
    return _output([tool("hadolint"), "--no-color", "Dockerfile"], root)


def compose(root: Path) -> list[str]:
    # The program that pip installs ends with 0 whatever Compose says, so what it says counts.
    command = [tool("docker-compose"), "--profile", "*", "config", "--quiet"]
    return _output(command, root, silent=True)


def compose_services(root: Path) -> list[str]:
    """One service by default; of several none shares a folder; no password, and no image of no
    version."""
    [content] = _documents(root / "docker-compose.yml")
    services: Mapping[str, Any] = content["services"]
    several = {name: one for name, one in services.items() if one.get("profiles") == ["several"]}
    replicas = {name: one for name, one in several.items() if one["image"].startswith("syncd:")}
    states = [
        volume for one in (services["syncd"], *replicas.values()) for volume in one["volumes"]
        if volume.endswith(":/state")
    ]  # fmt: skip
    default = [name for name, one in services.items() if not one.get("profiles")]
    lacking = [name for name, one in replicas.items() if "SYNCD_DATABASE_URL" not in one["secrets"]]
    return [
        *(f"starts by default: {name}" for name in default if name != "syncd"),
        *(f"{name}: no version: {one['image']}" for name, one in services.items()
          if not re.search(r":\d+\.\d+", one["image"])),
        *(f"{name}: a password in the file" for name, one in services.items()
          for key in one.get("environment", {})
          if re.search("PASSWORD|SECRET_ACCESS|API_KEY|_URL$", key) and not key.endswith("_FILE")),
        *(f"shared: {one}" for one, count in Counter(states).items() if count > 1),
        *(f"{name}: keeps its memory to itself" for name in lacking),
        *(["no two replicas"] if len(replicas) < 2 else []),
    ]  # fmt: skip


def kubernetes(root: Path) -> list[str]:
    files = [file for file in _kubernetes(root) if file.name != "kustomization.yaml"]
    command = [tool("kubernetes-validate"), "--strict", "--quiet", *map(str, files)]
    return _output(command, root)


def kustomization(root: Path) -> list[str]:
    """Every file is listed, and what the pods ask for by name is in one of them."""
    folder = root / "deploy" / "kubernetes"
    content = _documents(folder / "kustomization.yaml")[0]
    listed = set(content.get("resources", []))
    there = {file.name for file in _kubernetes(root)} - _APART
    unknown = set(content) - _KUSTOMIZATION
    documents = [one for name in sorted(listed & there) for one in _documents(folder / name)]
    names = {(one["kind"], one["metadata"]["name"]) for one in documents}
    asked = {one for document in documents for one in _asked_for(document)}
    return [
        *(f"kustomization.yaml: unknown key {key}" for key in sorted(unknown)),
        *(f"kustomization.yaml: no such file: {name}" for name in sorted(listed - there)),
        *(f"kustomization.yaml does not list {name}" for name in sorted(there - listed)),
        *(f"deploy/kubernetes has no {kind} {name}" for kind, name in sorted(asked - names)),
    ]


def overlay(root: Path) -> list[str]:
    """What `deploy/kubernetes-several` makes of the files of one service, valid as a whole.

    Made by kustomize where it is, and by ourselves everywhere: both say the same.
    """
    made = rendering.overlay(root / "deploy" / "kubernetes-several")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "several.yaml"
        text = "\n---\n".join(json.dumps(one) for one in made.documents)  # which is YAML as well
        file.write_text(text, encoding="utf-8")
        found = [*made.findings]
        try:
            theirs = _kustomized(root / "deploy" / "kubernetes-several")
        except Skipped:
            pass
        else:
            found += rendering.differences(made.documents, theirs)
        try:
            validate = [tool("kubernetes-validate"), "--strict", "--quiet", str(file)]
        except Skipped:
            return found
        return found + _output(validate, root)


def _kustomized(folder: Path) -> list[Any]:
    command = [tool("kubectl"), "kustomize", str(folder)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Skipped(f"kubectl kustomize: {done.stderr.strip()}")
    return list(YAML(typ="safe").load_all(done.stdout))


def pods(root: Path) -> list[str]:
    """Selectors find their pods, what is mounted is there, and disks are as large as said; where
    there are several pods, none has a volume that is another's."""
    folder = root / "deploy"
    one = [doc for file in _kubernetes(root) if file.name not in _APART for doc in _documents(file)]
    several = rendering.overlay(folder / "kubernetes-several").documents
    return [
        *(f"kubernetes: {found}" for found in rendering.pod_findings(one)),
        *(f"kubernetes-several: {found}" for found in rendering.pod_findings(several)),
        *(f"kubernetes-several: {found}" for found in rendering.shared_findings(several)),
    ]


def manifests(root: Path) -> list[str]:
    """The example manifest in the ConfigMap is one that syncd takes."""
    file = root / "deploy" / "kubernetes" / "manifest.yaml"
    try:
        loads(_documents(file)[0]["data"]["manifest.yaml"], str(file))
    except ManifestError as error:
        return [f"{file.name}: {problem}" for problem in error.problems]
    return []


def settings(root: Path) -> list[str]:
    """Every SYNCD_… in the files is a setting."""
    files = [root / "Dockerfile", root / "docker-compose.yml"]
    files += sorted(one for one in (root / "deploy").rglob("*") if one.is_file())
    return [
        f"{file.relative_to(root)}: no such setting: {name}"
        for file in files
        for name in sorted(set(_NAME.findall(file.read_text(encoding="utf-8"))))
        if not is_known(name)
    ]


def alerts(root: Path) -> list[str]:
    folder = root / "deploy" / "prometheus"
    binary = promtool()
    checked = _output([binary, "check", "rules", "--lint-fatal", "syncd.rules.yml"], folder)
    return checked or _output([binary, "test", "rules", "syncd.rules.test.yml"], folder)


def metrics(root: Path) -> list[str]:
    """The service has every metric that an alert asks for."""
    rules = (root / "deploy" / "prometheus" / "syncd.rules.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\bsyncd_\w+", rules))
    return [f"syncd.rules.yml: no such metric: {name}" for name in sorted(asked - set(_shown()))]


def _shown() -> dict[str, dict[str, set[str]]]:
    """What GET /metrics of a busy service says: series -> label -> its values."""
    now = datetime.now(UTC)
    facts = Facts(now, 0.0, "valid", True, {"depot": True}, (), (), stopping=False, ledger=True)
    ours = Metrics()
    ours.ask(
        facts=lambda: facts,
        last_success=lambda: {"musees": now},
        key_expiry=lambda: now,
        unsent=lambda: 0,
        last_event=lambda: {"depot": now},
        event_queues=lambda: {"depot": True},
    )
    ours.expect(["musees"])
    ours.expect_events(["depot"])
    ours.cycle_done("musees", [], 0.1, OK)
    ours.unclaimed("musees", 1)
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(generate_latest(ours.registry).decode()):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {"job": set(), "instance": set()})
            for name, value in sample.labels.items():
                labels.setdefault(name, set()).add(value)
    return found


_METRIC = re.compile(r"\b((?:syncd|process|python)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_OUR_WORDS = {"result", "outcome", "state", "host_kind"}  # labels whose values are ours to choose


def dashboard(root: Path) -> list[str]:
    """Grafana's dashboard asks for what the service has, and shows all that it has."""
    shown = _shown()
    board = json.loads((root / "deploy" / "grafana" / "syncd.json").read_text(encoding="utf-8"))
    queries = [
        (panel["title"], target["expr"], target["legendFormat"])
        for panel in board["panels"]
        for target in panel.get("targets", ())
    ]
    chosen = [
        (v["name"], v["definition"], "") for v in board["templating"]["list"] if "definition" in v
    ]
    found = [
        f"syncd.json: {title}: {why}"
        for title, query, legend in [*queries, *chosen]
        for why in _wrong(query, legend, shown)
    ]
    asked = {name for _, query, _ in queries for name, _ in _METRIC.findall(query)}
    families = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in shown}
    left = {name for name in families if name.startswith("syncd_")} - {
        re.sub(r"_bucket$", "", name) for name in asked
    }
    found += [f"syncd.json: not shown: {name}" for name in sorted(left)]
    return found + _overlapping(board["panels"]) + _unreadable(query for _, query, _ in queries)


def _wrong(query: str, legend: str, shown: Mapping[str, Mapping[str, set[str]]]) -> Iterator[str]:
    known: set[str] = set()
    for name, matchers in _METRIC.findall(query):
        labels = shown.get(name)
        if labels is None:
            yield f"no such metric: {name}"
            continue
        known |= set(labels)
        for label, value in _MATCHER.findall(matchers):
            if label not in labels:
                yield f"{name} has no label {label}"
            elif label in _OUR_WORDS:
                unknown = set(value.split("|")) - labels[label]
                yield from (f"{label} is never {one} in {name}" for one in sorted(unknown))
    grouped = {one.strip() for group in _GROUPED.findall(query) for one in group.split(",")}
    yield from (f"no such label: {one}" for one in sorted(grouped - known))
    legends = set(re.findall(r"\{\{(\w+)\}\}", legend))
    yield from (f"no such label: {one}" for one in sorted(legends - (grouped or known)))


def _overlapping(panels: Sequence[Mapping[str, Any]]) -> list[str]:
    """Grafana would move them elsewhere."""
    taken: dict[tuple[int, int], str] = {}
    found = []
    for panel in panels:
        at = panel["gridPos"]
        cells = [
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        ]
        if any(x >= 24 or (x, y) in taken for x, y in cells):
            found.append(f"syncd.json: {panel['title']}: lies over another panel, or sticks out")
        taken.update(dict.fromkeys(cells, panel["title"]))
    return found


def _unreadable(queries: Iterable[str]) -> list[str]:
    """By Prometheus's own parser; Grafana fills in its variables before."""
    binary = promtool()
    filled = [one.replace("$__rate_interval", "5m") for one in queries]
    rules = [{"record": f"q:{at}", "expr": one} for at, one in enumerate(filled)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "queries.yml"  # JSON is YAML
        file.write_text(json.dumps({"groups": [{"name": "q", "rules": rules}]}), encoding="utf-8")
        return _output([binary, "check", "rules", "--lint=none", file.name], Path(folder))


def units(root: Path) -> list[str]:
    analyze = tool("systemd-analyze")
    with tempfile.TemporaryDirectory() as copies:
        for file in (root / "deploy" / "systemd").iterdir():
            text = file.read_text(encoding="utf-8").replace(_COMMAND, "ExecStart=true ")
            (Path(copies) / file.name).write_text(text, encoding="utf-8")
        names = sorted(file.name for file in Path(copies).iterdir())
        # What it does not know it only mentions, with exit code 0.
        verify = [analyze, "verify", *(f"./{name}" for name in names)]
        found = _output(verify, Path(copies), silent=True)
        for name in names:
            if name.endswith(".service"):
                limit = ["--offline=true", f"--threshold={_EXPOSURE}", "--no-pager"]
                rated = _output([analyze, "security", *limit, f"./{name}"], Path(copies))
                found += [line for line in rated if line.startswith(("→", "✗"))]
    return found


LINTERS: tuple[Linter, ...] = (
    hadolint,
    compose,
    compose_services,
    kubernetes,
    kustomization,
    overlay,
    pods,
    manifests,
    settings,
    alerts,
    metrics,
    dashboard,
    units,
)


def _output(command: Sequence[str], folder: Path, *, silent: bool = False) -> list[str]:
    """What a tool says when it is not content (`silent`: one that says nothing when it is)."""
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    said = [line for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0:
        return said or [f"{Path(command[0]).name}: exit code {done.returncode}"]
    return said if silent else []


def _kubernetes(root: Path) -> list[Path]:
    return sorted((root / "deploy" / "kubernetes").glob("*.y*ml"))


def _documents(file: Path) -> list[Any]:
    return list(YAML(typ="safe").load_all(file.read_text(encoding="utf-8")))


def _asked_for(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if document["kind"] != "Deployment":
        return
    for volume in document["spec"]["template"]["spec"]["volumes"]:
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
