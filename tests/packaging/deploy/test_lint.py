"""The linters of the deployment files see what they are there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.packaging.deploy import lint, rendering

ROOT = Path(__file__).parents[3]
KUBERNETES = "deploy/kubernetes"
SEVERAL = "deploy/kubernetes-several"
GRAFANA = "deploy/grafana/syncd.json"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that the linters look at, to be spoilt."""
    for name in ("Dockerfile", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    return tmp_path


def findings(linter: lint.Linter, root: Path) -> list[str]:
    try:
        return linter(root)
    except lint.Skipped as why:
        pytest.skip(str(why))


def spoil(file: Path, right: str, wrong: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert right in text
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("linter", "file", "right", "wrong"),
    [
        (lint.hadolint, "Dockerfile", "ENTRYPOINT [", "ENTRIPOINT ["),
        (lint.hadolint, "Dockerfile", 'ENTRYPOINT ["syncd"]', "ENTRYPOINT syncd run"),
        (lint.compose, "docker-compose.yml", "read_only:", "readonly:"),
        (lint.compose, "docker-compose.yml", "entrypoint: [", "entripoint: ["),  # of try-out
        (lint.compose, "docker-compose.yml", "condition: service_h", "condition: services_h"),
        (lint.compose_services, "docker-compose.yml", "    profiles: [several]\n", ""),
        (lint.compose_services, "docker-compose.yml", "postgres:17.6-bookworm", "postgres:17"),
        (lint.compose_services, "docker-compose.yml", "state-2:/state", "state-1:/state"),
        (lint.compose_services, "docker-compose.yml", "state-1:/state", "state:/state"),
        (lint.compose_services, "docker-compose.yml", "POSTGRES_PASSWORD_FILE:", "PGPASSWORD:"),
        (lint.compose_services, "docker-compose.yml", "      - SYNCD_DATABASE_URL\n", ""),
        (lint.kubernetes, f"{KUBERNETES}/deployment.yaml", "readOnlyRootFile", "readonlyRootFile"),
        (lint.kubernetes, f"{KUBERNETES}/network.yaml", "policyTypes:", "policyType:"),
        (lint.kubernetes, f"{KUBERNETES}/cronjob.yaml", "backoffLimit:", "backofLimit:"),
        (lint.kustomization, f"{KUBERNETES}/kustomization.yaml", "resources:", "ressources:"),
        (lint.kustomization, f"{KUBERNETES}/kustomization.yaml", "  - network.yaml\n", ""),
        (lint.kustomization, f"{KUBERNETES}/kustomization.yaml", "state.yaml", "stat.yaml"),
        (lint.kustomization, f"{KUBERNETES}/deployment.yaml", "claimName: s", "claimName: x"),
        (lint.overlay, f"{SEVERAL}/kustomization.yaml", "disruption.yaml", "disruptions.yaml"),
        (lint.overlay, f"{SEVERAL}/kustomization.yaml", "  - path: network.yaml\n", ""),
        (lint.overlay, f"{SEVERAL}/deployment.yaml", "name: syncd\nspec", "name: synced\nspec"),
        (lint.overlay, f"{SEVERAL}/deployment.yaml", "maxSurge:", "maxSurges:"),
        (lint.pods, f"{KUBERNETES}/metrics.yaml", "component: service", "component: web"),
        (lint.pods, f"{SEVERAL}/disruption.yaml", "component: service", "component: web"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "component: service", "component: web"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "- name: tmp", "- name: temp"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "storage: 11Gi", "storage: 10Gi"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "replicas: 3", "replicas: 2"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "type: RollingUpdate", "type: Recreate"),
        (lint.pods, f"{SEVERAL}/deployment.yaml", "persistentVolumeClaim: null", "medium: null"),
        (lint.pods, f"{SEVERAL}/state.yaml", "$patch: delete\n", ""),
        (lint.settings, f"{SEVERAL}/deployment.yaml", "SYNCD_ARCHIVE_END", "SYNCD_ARCHIV_END"),
        (lint.settings, f"{SEVERAL}/secret.yaml", "SYNCD_DATABASE_URL", "SYNCD_DATABASE"),
        (lint.manifests, f"{KUBERNETES}/manifest.yaml", "    datasets:", "    dataset:"),
        (lint.settings, f"{KUBERNETES}/deployment.yaml", "SYNCD_HTTP_A", "SYNCD_HTP_A"),
        (lint.settings, f"{KUBERNETES}/secret.yaml", "SYNCD_API_KEY", "SYNCD_APIKEY"),
        (lint.alerts, "deploy/prometheus/syncd.rules.yml", "annotations:", "anotations:"),
        (lint.alerts, "deploy/prometheus/syncd.rules.yml", "late == 1", "late == 2"),
        (lint.metrics, "deploy/prometheus/syncd.rules.yml", "syncd_ready", "syncd_redy"),
        (lint.dashboard, GRAFANA, "(syncd_ready", "(syncd_redy"),
        (lint.dashboard, GRAFANA, "(dataset, state)", "(dataset, status)"),
        (lint.dashboard, GRAFANA, 'outcome=~\\"replaced', 'result=~\\"replaced'),
        (lint.dashboard, GRAFANA, "replaced|created", "replaced|made"),
        (lint.dashboard, GRAFANA, "{{source}}", "{{name}}"),
        (lint.dashboard, GRAFANA, "syncd_notifications_unsent", "syncd_ready"),
        (lint.dashboard, GRAFANA, "histogram_quantile(0.5,", "histogram_quantile("),
        (lint.dashboard, GRAFANA, '"x": 12', '"x": 11'),
        (lint.units, "deploy/systemd/syncd.service", "ProtectProc=", "ProtectProcs="),
        (lint.units, "deploy/systemd/syncd.service", "NoNewPrivileges=yes", "NoNewPrivileges=no"),
        (lint.units, "deploy/systemd/syncd-sync.timer", "OnCalendar=", "OnCalender="),
    ],
)
def test_a_mistake_is_found(
    copy: Path, linter: lint.Linter, file: str, right: str, wrong: str
) -> None:
    spoil(copy / file, right, wrong)

    assert findings(linter, copy)


def test_the_dashboard_asks_for_what_the_service_shows() -> None:
    assert findings(lint.dashboard, ROOT) == []


def test_a_file_that_nobody_lists_is_found(copy: Path) -> None:
    (copy / KUBERNETES / "role.yaml").write_text("kind: Role\n", encoding="utf-8")

    assert findings(lint.kustomization, copy) == ["kustomization.yaml does not list role.yaml"]


def test_ours_and_kustomizes_reading_of_the_overlay_are_told_apart(copy: Path) -> None:
    made = rendering.overlay(copy / SEVERAL).documents
    assert rendering.differences(made, made[1:])
    assert rendering.differences(made, made[::-1]) == []


def test_a_tool_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(lint.Skipped, match="not installed"):
        lint.units(ROOT)
