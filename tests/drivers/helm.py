"""Helm itself, with the chart that Mandate brings along: no cluster, and in a process of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "app" / "deploy" / "helm"
GOOD = {"issuer": "https://auth.example.com"}
# Helm is a library in Go, which would put its own handlers of signals into the tests' process.
PROGRAM = """
import json, sys
import helm_python as helm

asked = json.load(sys.stdin)
values, path = asked["values"], asked["chart"]
answer = {"lint": helm.lint(path, values, strict=True, kube_version="v1.30.0")}
try:
    with helm.Chart.load(path) as chart:
        chart.validate_schema(values)
        answer["files"] = chart.render(values, name=asked["name"], namespace="auth", is_install=True)
except helm.HelmError as error:
    answer["refusal"] = str(error)
json.dump(answer, sys.stdout)
"""


def ask_helm(values: dict[str, Any] | None = None, name: str = "mandate") -> dict[str, Any]:
    """Lint the chart and render it with values above GOOD; a refusal stands in the answer."""
    if importlib.util.find_spec("helm_python") is None:
        pytest.skip("optional: helm-python-sdk comes with the extra `check`")
    asked = {"chart": str(CHART), "values": GOOD | (values or {}), "name": name}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rendered(values: dict[str, Any] | None = None, name: str = "mandate") -> dict[str, Any]:
    """Return the manifests by their kind, and the notes under NOTES."""
    answer = ask_helm(values, name)
    assert "refusal" not in answer, answer["refusal"]
    found: dict[str, Any] = {}
    for path, text in answer["files"].items():
        if path.endswith("NOTES.txt"):
            found["NOTES"] = text
        elif manifest := yaml.safe_load(text):
            assert manifest["kind"] not in found
            found[manifest["kind"]] = manifest
    return found


def pods(manifests: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the specs of the pods by the kind of what makes them."""
    return {
        "Deployment": manifests["Deployment"]["spec"]["template"]["spec"],
        "Job": manifests["Job"]["spec"]["template"]["spec"],
        "CronJob": manifests["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    }
