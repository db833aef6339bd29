"""The manual's ways to deploy, typed to the letter; stand-ins replace what changes a machine."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import deploy
from app.settings import Settings
from app.web.manual import source
from tests.drivers.helm import CHART, ask_helm
from tests.drivers.manual import Shell
from tests.drivers.postgres import Postgres
from tests.drivers.systemd import INSTALLED, SETTINGS, unit

pytestmark = pytest.mark.slow

PART = source("operators").split("\n## Deploy\n")[1].split("\n## ")[0]
# What each stand-in does after it has noted how it was called.
NOTHING = ""
SUDO = 'if [ "$1" = -u ]; then shift 2; fi\nexec "$@"'
INSTALL = (
    'while [ "$1" != -m ]; do [ "$1" = -d ] && more=-d; shift; done\n'
    'exec /usr/bin/install $more "$@"'
)
PYTHON = f'if [ "$1" != -m ]; then exec {sys.executable} "$@"; fi'
DOCKER = f'if [ "$1 $2 $3" = "run --rm mandate:0.1.0" ]; then shift 3; exec {INSTALLED} "$@"; fi'


def commands(title: str) -> list[str]:
    """Return the blocks of commands below a heading."""
    below = PART.split(f"\n### {title}\n")[1].split("\n### ")[0]
    return re.findall(r"```sh norun\n(.*?)```", below, re.DOTALL)


class Typist:
    """Somebody who types commands in a directory, on a machine whose big tools are stand-ins."""

    def __init__(self, directory: Path, **tools: str) -> None:
        self.directory, self._log = directory, directory / "log"
        programs = directory / "programs"
        programs.mkdir()
        self._log.touch()
        for name, rest in tools.items():
            self.stand_in(programs / name.replace("_", "-"), rest)
        self._shell = Shell(programs)

    def stand_in(self, path: Path, rest: str) -> None:
        path.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> {self._log}\n{rest}\n')
        path.chmod(stat.S_IRWXU)

    def type(self, code: str, where: str = ".") -> str:
        return self._shell.run(f"cd {self.directory / where}\n{code}")

    @property
    def log(self) -> list[str]:
        return self._log.read_text().splitlines()


def test_the_steps_for_one_machine_end_with_a_server_that_can_start(
    postgres: Postgres, tmp_path: Path
) -> None:
    typist = Typist(
        tmp_path,
        **dict.fromkeys(("apt_get", "useradd", "createuser", "systemctl", "nginx"), NOTHING),
        **dict.fromkeys(("createdb",), NOTHING),
        sudo=SUDO,
        install=INSTALL,
        python3=PYTHON,
    )
    for place in ("etc/nginx/conf.d", "etc/systemd/system", "opt/mandate/bin"):
        (tmp_path / place).mkdir(parents=True)
    typist.stand_in(tmp_path / "opt/mandate/bin/pip", NOTHING)
    (tmp_path / "opt/mandate/bin/mandate").symlink_to(INSTALLED)
    postgres.create("deployed")
    url = "postgresql+psycopg:///mandate?host=/run/postgresql"
    said = ""
    for block in commands("One machine with systemd, nginx and PostgreSQL"):
        here = re.sub(r"(?<![\w/.])/(etc|opt)/", rf"{tmp_path}/\1/", block)
        said += typist.type(here.replace(url, postgres.url("deployed")))
    postgres.drop("deployed")
    assert "Password, shown once" in said
    assert "Everything is in order." in said
    assert "everybody" not in said, "the key is readable by the service and root alone"
    units = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    for name in units:
        text = (tmp_path / "etc/systemd/system" / name).read_text()
        assert text == deploy.text(f"systemd/{name}")
    assert {f"systemd/{name}" for name in units} == {
        name for name in deploy.names() if name.startswith("systemd/")
    }
    assert (tmp_path / SETTINGS[1:]).is_file()
    key = unit("mandate.service").one("LoadCredential").partition(":")[2]
    assert (tmp_path / key[1:]).stat().st_mode & 0o777 == 0o640
    written = (tmp_path / "etc/nginx/conf.d/mandate.conf").read_text()
    assert written == deploy.text("nginx.conf")
    assert "systemctl enable --now mandate.service mandate-cleanup.timer" in typist.log
    assert "pip install ./mandate-0.1.0-py3-none-any.whl[locked]" in typist.log
    assert typist.log[-2:] == ["sudo systemctl reload nginx", "systemctl reload nginx"]


def test_the_steps_for_compose_make_the_files_that_it_names(tmp_path: Path) -> None:
    typist = Typist(tmp_path, docker=DOCKER, python3=PYTHON)
    first, second = commands("Compose")
    typist.type(first)
    made = tmp_path / "mandate-server"
    for name in ("certificate.pem", "certificate.key"):
        (made / "secrets" / name).write_text("x")
    typist.type(second, "mandate-server")
    assert (made / "compose.yaml").read_text() == deploy.text("compose.yaml")
    compose = yaml.safe_load((made / "compose.yaml").read_text())
    files = [made / secret["file"] for secret in compose["secrets"].values()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    assert (made / "secrets").stat().st_mode & 0o777 == 0o700
    assert "server server:8000 " in (made / "nginx.conf").read_text()
    issuer = (made / ".env").read_text().strip().partition("=")
    assert issuer[0] == "MANDATE_ISSUER"
    found = Settings.from_environ(
        {
            "MANDATE_ISSUER": issuer[2],
            "MANDATE_PROXY_HOPS": "1",
            "MANDATE_SECRET_KEY_FILE": str(made / "secrets/secret-key"),
            "MANDATE_DATABASE_URL_FILE": str(made / "secrets/database-url"),
        }
    )
    password = (made / "secrets/database-password").read_text()
    assert len(password) >= 32
    assert found.database.url == f"postgresql+psycopg://mandate:{password}@database/mandate"
    assert "docker compose up --detach" in typist.log
    assert typist.log[0].startswith("docker build --file app/deploy/Containerfile ")


def values_of(command: str) -> dict[str, Any]:
    """Return what `--set` says, as Helm nests it."""
    found: dict[str, Any] = {}
    for path, text in re.findall(r"--set ([\w.]+)=(\S+)", command):
        *groups, name = path.split(".")
        place = found
        for group in groups:
            place = place.setdefault(group, {})
        place[name] = text == "true" or text
    return found


def test_the_steps_for_kubernetes_give_helm_values_that_the_chart_takes(tmp_path: Path) -> None:
    typist = Typist(tmp_path, kubectl=NOTHING, helm=NOTHING, python3=PYTHON)
    [block] = commands("Kubernetes")
    typist.type(block)
    chart = tmp_path / "mandate-files" / "helm"
    shipped = {path.relative_to(CHART): path.read_text() for path in CHART.rglob("*.*")}
    assert shipped == {path.relative_to(chart): path.read_text() for path in chart.rglob("*.*")}
    [installed] = [line for line in typist.log if line.startswith("helm install")]
    assert installed.startswith("helm install mandate mandate-files/helm --namespace auth")
    values = values_of(installed)
    assert "refusal" not in ask_helm(values)
    assert values["ingress"] == {"enabled": True, "className": "nginx", "tlsSecret": "auth-tls"}
    [secret] = [line for line in typist.log if "create secret" in line]
    keys = yaml.safe_load((CHART / "values.yaml").read_text())["secret"]
    assert f"generic {keys['name']} " in secret
    assert set(re.findall(r"--from-file=(\S+)", secret)) == {keys["secretKey"], keys["databaseUrl"]}
    left = {path.name for path in tmp_path.iterdir()}
    assert not left & {"secret-key", "database-url"}


def test_every_file_that_the_manual_shows_is_in_the_list() -> None:
    shown = set(re.findall(r"deploy show ([\w./-]+)", source("operators"))) - {"NAME", "systemd/"}
    assert shown == {"nginx.conf", "compose.yaml"}
    assert shown <= set(deploy.names())
