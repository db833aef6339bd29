"""What a deployment never uses is not loaded: each command and each worker would pay for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers.command_line import environment, outside

LOADED = """
import json, sys
import app, app.cli, app.demo.command
app.from_environment()
print(json.dumps([name for name in ("psycopg", "redis", "app.database.engine") if name in sys.modules]))
"""


@pytest.mark.parametrize(
    ("more", "drivers"),
    [
        ({}, set()),
        ({"MANDATE_REDIS_URL": "redis://127.0.0.1:1"}, {"redis"}),
        ({"MANDATE_DATABASE_URL": "postgresql+psycopg://127.0.0.1:1/x"}, {"psycopg"}),
    ],
    ids=["neither", "redis", "postgresql"],
)
def test_an_app_has_the_drivers_of_its_own_deployment_before_it_serves(
    tmp_path: Path, more: dict[str, str], drivers: set[str]
) -> None:
    settings = {**outside(), **environment(tmp_path / "mandate.db"), **more}
    command = [sys.executable, "-c", LOADED]
    found = subprocess.run(command, env=settings, capture_output=True, check=True)
    assert set(json.loads(found.stdout)) - {"app.database.engine"} == drivers
    assert "app.database.engine" in json.loads(found.stdout)
