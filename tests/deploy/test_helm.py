"""The chart: linted and rendered by Helm, each manifest held against Kubernetes' own schemas."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.settings import NAMES, Settings, secret_files, unknown_names
from tests.drivers.command_line import SECRET_KEY
from tests.drivers.helm import CHART, ask_helm, pods, rendered

OLDEST, NEWEST = "1.27", "1.37"
SECRETS = "/run/secrets/mandate"
FULL: dict[str, Any] = {
    "secret": {
        "name": "kept",
        "redisUrl": "redis",
        "registrationToken": "token",
        "outboundProxy": "proxy",
    },
    "settings": {
        "MANDATE_ORGANISATION": "Kestrel: Bikes",
        "MANDATE_REGISTRATION": "token",
        "MANDATE_REFRESH_IDLE_LIFETIME": 1_209_600,
        "MANDATE_INTROSPECTION_DENIED": "off",
    },
    "configMap": "catalog",
    "imagePullSecrets": [{"name": "pull"}],
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "tlsSecret": "auth-tls",
        "annotations": {"a/b": "c"},
    },
    "issuer": "https://auth.example.com:8443/auth",
    "image": {"repository": "registry.example/mandate", "tag": "x", "pullPolicy": "Always"},
}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """The manifests with nothing but an issuer."""
    return rendered()


@pytest.fixture(scope="module")
def full() -> dict[str, Any]:
    """The manifests with every value set."""
    return rendered(FULL, name="auth")


@pytest.mark.parametrize("values", [{}, FULL], ids=["plain", "full"])
def test_helm_finds_nothing_wrong_with_the_chart(values: dict[str, Any]) -> None:
    report = ask_helm(values)["lint"]
    assert report["errors"] == []
    said = {message["error"] for message in report["messages"] if message["severity"] != 1}
    assert said == set()


@pytest.mark.parametrize("release", [OLDEST, NEWEST])
def test_kubernetes_takes_every_manifest(
    release: str, plain: dict[str, Any], full: dict[str, Any]
) -> None:
    kubernetes_validate = pytest.importorskip(
        "kubernetes_validate", reason="optional: kubernetes-validate comes with the extra `check`"
    )
    assert set(full) - set(plain) == {"Ingress"}
    for manifests in (plain, full):
        for kind, manifest in manifests.items():
            if kind != "NOTES":
                kubernetes_validate.validate(manifest, release, strict=True)
    spoilt = json.loads(json.dumps(plain["Deployment"]).replace("livenessProbe", "livenessProb"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoilt, release, strict=True)


@pytest.mark.parametrize("which", ["plain", "full"])
def test_every_pod_has_no_more_rights_than_it_needs(
    which: str, request: pytest.FixtureRequest
) -> None:
    for pod in pods(request.getfixturevalue(which)).values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False, "MANDATE_PORT is no setting"
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def test_the_probes_ask_what_each_is_for(plain: dict[str, Any]) -> None:
    [container] = pods(plain)["Deployment"]["containers"]
    asked = {name: probe["httpGet"] for name, probe in container.items() if name.endswith("Probe")}
    assert asked == {
        "startupProbe": {"path": "/healthz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    assert "--port=8000" in container["args"]


def test_the_migration_runs_before_an_installation_and_an_upgrade(plain: dict[str, Any]) -> None:
    hook = plain["Job"]["metadata"]["annotations"]
    assert hook["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert "before-hook-creation" in hook["helm.sh/hook-delete-policy"]
    assert pods(plain)["Job"]["containers"][0]["args"] == ["db", "upgrade"]
    assert pods(plain)["CronJob"]["containers"][0]["args"] == ["cleanup"]
    assert {"db upgrade", "cleanup", "serve"} <= set(cli.commands())


def test_the_service_and_the_budget_select_the_servers_alone(full: dict[str, Any]) -> None:
    labels = full["Deployment"]["spec"]["template"]["metadata"]["labels"].items()
    others = [
        full["Job"]["spec"]["template"]["metadata"]["labels"].items(),
        full["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"].items(),
    ]
    for selector in (
        full["Service"]["spec"]["selector"],
        full["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        full["Deployment"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels
        assert not any(selector.items() <= other for other in others)
    assert full["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_a_pod_has_more_time_to_end_than_it_takes(plain: dict[str, Any]) -> None:
    pod = pods(plain)["Deployment"]
    command = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    [slept] = re.findall(r"sleep\((\d+)\)", command[-1])
    assert pod["terminationGracePeriodSeconds"] >= int(slept) + 10 + 5


def test_mandate_takes_the_settings_of_every_pod(full: dict[str, Any], tmp_path: Path) -> None:
    good = {
        "secret-key": SECRET_KEY,
        "database-url": "postgresql+psycopg://u@h/d",
        "redis-url": "redis://h",
        "registration-token": "kZ3-unpredictable-and-long-enough-text",
        "outbound-proxy": "http://u:p@h:1",
    }
    for name, text in good.items():
        (tmp_path / name).write_text(text)
    for pod in pods(full).values():
        [container] = pod["containers"]
        environ = {
            entry["name"]: entry["value"].replace(SECRETS, str(tmp_path))
            for entry in container["env"]
        }
        assert unknown_names(environ) == []
        assert set(secret_files.FILES) <= set(environ)
        found = Settings.from_environ(environ)
        assert found.lifetimes.refresh_idle == 1_209_600
        assert found.brand.name == "Kestrel: Bikes"
        assert (found.proxy_hops, found.introspection_denied) == (1, False)
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts == {"secrets": SECRETS, "tmp": "/tmp", "files": "/etc/mandate"}
        [secret] = [volume["secret"] for volume in pod["volumes"] if volume["name"] == "secrets"]
        assert secret["secretName"] == "kept"
        assert secret["defaultMode"] & 0o007 == 0, "nobody else reads it"
        assert {item["path"] for item in secret["items"]} == set(good)


def test_the_chart_makes_no_secret_and_holds_none(full: dict[str, Any]) -> None:
    assert "Secret" not in full
    by_value = {
        entry["name"]
        for pod in pods(full).values()
        for entry in pod["containers"][0]["env"]
        if entry["name"] in secret_files.SECRETS
    }
    assert by_value == set()


def test_an_ingress_leads_the_whole_host_of_the_issuer(full: dict[str, Any]) -> None:
    spec = full["Ingress"]["spec"]
    assert spec["tls"] == [{"hosts": ["auth.example.com"], "secretName": "auth-tls"}]
    [rule] = spec["rules"]
    assert rule["host"] == "auth.example.com"
    [path] = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    assert path["backend"]["service"] == {"name": "auth", "port": {"name": "http"}}
    assert full["Service"]["metadata"]["name"] == "auth"


def test_the_notes_say_what_to_do_next(plain: dict[str, Any], full: dict[str, Any]) -> None:
    assert "exec -it deployment/mandate -- mandate user add ada" in plain["NOTES"]
    assert "There is no ingress" in plain["NOTES"]
    assert "There is no ingress" not in full["NOTES"]


BAD = [
    ({"issuer": ""}, "issuer"),
    ({"issuer": "http://auth.example.com"}, "issuer"),
    ({"issuer": "https://auth.example.com/"}, "issuer"),
    ({"replicas": 0}, "replicas"),
    ({"replica": 2}, "replica"),
    ({"proxyHops": "1"}, "proxyHops"),
    ({"secret": {"name": ""}}, "secret"),
    ({"secret": {"value": "x"}}, "secret"),
    ({"settings": {"MANDATE_SECRET_KEY": "x"}}, "MANDATE_SECRET_KEY"),
    ({"settings": {"MANDATE_REDIS_URL_FILE": "/x"}}, "MANDATE_REDIS_URL_FILE"),
    ({"settings": {"MANDATE_INTROSPECTION_DENIED": False}}, "MANDATE_INTROSPECTION_DENIED"),
    ({"settings": {"PATH": "/x"}}, "PATH"),
]


@pytest.mark.parametrize(("values", "named"), BAD)
def test_values_that_cannot_be_good_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    assert named in ask_helm(values)["refusal"]


def test_the_schema_keeps_every_secret_out_of_the_values() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    names = schema["properties"]["settings"]["propertyNames"]
    refused = set(names["not"]["anyOf"][1]["enum"])
    assert refused == {*secret_files.SECRETS, "MANDATE_ISSUER", "MANDATE_PROXY_HOPS"}
    assert refused <= set(NAMES)


def test_the_chart_is_of_this_version() -> None:
    text = (CHART / "Chart.yaml").read_text()
    assert f'\nappVersion: "{version("mandate")}"\n' in text
    assert f"\nversion: {version('mandate')}\n" in text
