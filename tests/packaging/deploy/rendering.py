"""What the overlay makes of the files of one service, and whether its parts fit each other.

Of kustomize only what `deploy/kubernetes-several` uses: resources, and strategic merges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Document = dict[str, Any]

_KEYS = {"apiVersion", "kind", "resources", "patches"}
_UNITS = {"Mi": 1024**2, "Gi": 1024**3}


@dataclass(frozen=True)
class Rendered:
    documents: list[Document]
    findings: list[str]


def _load(file: Path) -> list[Document]:
    yaml = YAML(typ="safe")
    yaml.version = (1, 1)  # as Kubernetes reads `0440`
    return list(yaml.load_all(file.read_text(encoding="utf-8")))


def _name(document: Mapping[str, Any]) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]


def overlay(folder: Path) -> Rendered:
    [content] = _load(folder / "kustomization.yaml")
    findings = [f"kustomization.yaml: unknown key {key}" for key in sorted(content.keys() - _KEYS)]
    documents: dict[tuple[str, str], Document] = {}
    listed = {"kustomization.yaml"}
    for resource in content.get("resources", []):
        place = folder / resource
        if place.is_dir():
            names = _load(place / "kustomization.yaml")[0]["resources"]
            files = [place / name for name in names]
        else:
            listed.add(resource)
            files = [place]
        for file in files:
            if not file.is_file():
                findings.append(f"no such file: {file.name}")
                continue
            documents |= {_name(one): one for one in _load(file)}
    for patch in content.get("patches", []):
        listed.add(patch["path"])
        file = folder / patch["path"]
        for one in _load(file) if file.is_file() else []:
            name = _name(one)
            if name not in documents:
                findings.append(f"{patch['path']}: nothing to change: {' '.join(name)}")
            elif one.pop("$patch", "") == "delete":
                del documents[name]
            else:
                documents[name] = _merged(documents[name], one)
    there = {file.name for file in folder.glob("*.y*ml")}
    findings += [f"kustomization.yaml does not list {name}" for name in sorted(there - listed)]
    findings += [f"no such file: {name}" for name in sorted(listed - there)]
    return Rendered(list(documents.values()), findings)


def _merged(former: Any, change: Any) -> Any:
    if isinstance(former, dict) and isinstance(change, dict):
        merged = dict(former)
        for key, value in change.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = _merged(former[key], value) if key in former else _without(value)
        return merged
    if _are_named(former) and _are_named(change):
        named = {one["name"]: one for one in change}
        kept = [
            _merged(one, named.pop(one["name"])) if one["name"] in named else one for one in former
        ]
        return [*kept, *named.values()]
    return _without(change)


def _are_named(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) and "name" in one for one in found)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if one is not None}
    return value


def differences(ours: Sequence[Document], theirs: Sequence[Document]) -> list[str]:
    mine, other = ({_name(one): _plain(one) for one in each} for each in (ours, theirs))
    names = sorted(mine.keys() | other.keys())
    return [f"not as kustomize has it: {' '.join(n)}" for n in names if mine.get(n) != other.get(n)]


def _plain(found: Any) -> Any:
    """Lists with names have no order."""
    if isinstance(found, dict):
        return {key: _plain(value) for key, value in found.items() if key != "labels"}
    if _are_named(found):
        return sorted((_plain(one) for one in found), key=lambda one: str(one["name"]))
    return [_plain(one) for one in found] if isinstance(found, list) else found


def _deployments(documents: Sequence[Document]) -> Iterator[Document]:
    return (one for one in documents if one["kind"] == "Deployment")


def pod_findings(documents: Sequence[Document]) -> list[str]:
    found: list[str] = []
    for deployment in _deployments(documents):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        for what, wanted in _selectors(documents):
            if not wanted.items() <= labels.items():
                found.append(f"{what} selects no pod of the Deployment: {wanted}")
        found += _of_pod(deployment["spec"]["template"]["spec"])
    return found


def _selectors(documents: Sequence[Document]) -> Iterator[tuple[str, Mapping[str, str]]]:
    for one in documents:
        spec, what = one.get("spec", {}), " ".join(_name(one))
        match one["kind"]:
            case "Service":
                yield what, spec["selector"]
            case "PodDisruptionBudget":
                yield what, spec["selector"]["matchLabels"]
            case "NetworkPolicy":
                yield what, spec["podSelector"]["matchLabels"]
            case "Deployment":
                yield what, spec["selector"]["matchLabels"]
                affinity = spec["template"]["spec"].get("affinity", {}).get("podAntiAffinity", {})
                for terms in affinity.values():
                    for term in terms:
                        apart = term.get("podAffinityTerm", term)
                        yield f"{what}, apart", apart["labelSelector"]["matchLabels"]


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    volumes = {one["name"]: one for one in pod["volumes"]}
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        name = container["name"]
        for mount in container["volumeMounts"]:
            if mount["name"] not in volumes:
                yield f"{name} mounts {mount['name']}, which is no volume"
        room = container["resources"]["limits"].get("ephemeral-storage")
        if room is not None and container in pod["containers"]:
            needed = [
                one["emptyDir"]["sizeLimit"] for one in volumes.values() if one.get("emptyDir")
            ]
            if _bytes(room) < sum(map(_bytes, needed)):
                yield f"{name} may take {room}, and its volumes {' + '.join(needed)}"


def _bytes(quantity: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", quantity).groups()  # type: ignore[union-attr]  # as we write them
    return int(number) * _UNITS[unit]


def shared_findings(documents: Sequence[Document]) -> list[str]:
    """What replicas must have, and what they must not share."""
    found = [f"{one['kind']} is shared" for one in documents if one["kind"].startswith("Persist")]
    for deployment in _deployments(documents):
        spec = deployment["spec"]
        pod = spec["template"]["spec"]
        found += [
            f"the volume {one['name']} is shared"
            for one in pod["volumes"]
            if "persistentVolumeClaim" in one or "hostPath" in one
        ]
        if spec["replicas"] < 3:
            found.append("fewer than three replicas")
        if spec["strategy"]["type"] != "RollingUpdate":
            found.append("all replicas end at once where the image changes")
        if "podAntiAffinity" not in pod.get("affinity", {}):
            found.append("replicas may be on one node")
    kinds = {one["kind"] for one in documents}
    if "PodDisruptionBudget" not in kinds:
        found.append("all replicas may be evicted at once")
    return found
