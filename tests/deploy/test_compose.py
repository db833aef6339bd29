"""The compose file: valid, hardened, and with settings that Mandate takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import cli, deploy
from app.settings import Settings, secret_files, unknown_names
from tests.drivers.command_line import SECRET_KEY

COMPOSE: dict[str, Any] = yaml.safe_load(deploy.text("compose.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("mandate:")]
# What the images of others need to give up root themselves, and nginx to listen below 1024.
CAPABILITIES = {
    "database": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"},
    "proxy": {"CHOWN", "NET_BIND_SERVICE", "SETGID", "SETUID"},
}


def lint(compose: dict[str, Any]) -> None:
    """Raise ValueError for what is no compose file."""
    compose_spec = pytest.importorskip(
        "compose_spec", reason="optional: compose-spec comes with the extra `check`"
    )
    compose_spec.PyCompose.from_json(json.dumps(compose)).validate()


def test_the_file_is_a_compose_file() -> None:
    lint(COMPOSE)


def misspell(service: dict[str, Any]) -> None:
    service["read_onli"] = service.pop("read_only")


def ask_for_an_unknown_secret(service: dict[str, Any]) -> None:
    service["secrets"] = ["nope"]


def wait_for_what_is_no_condition(service: dict[str, Any]) -> None:
    service["depends_on"] = {"migration": {"condition": "service_done"}}


@pytest.mark.parametrize(
    "spoil", [misspell, ask_for_an_unknown_secret, wait_for_what_is_no_condition]
)
def test_the_lint_refuses_what_it_should(spoil: Callable[[dict[str, Any]], None]) -> None:
    spoilt = json.loads(json.dumps(COMPOSE))
    spoil(spoilt["services"]["server"])
    with pytest.raises(ValueError):  # noqa: PT011 - the sentences are the tool's
        lint(spoilt)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == CAPABILITIES.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == ("no" if name == "migration" else "unless-stopped")
    assert "privileged" not in service
    assert ("ports" in service) == (name == "proxy")


def test_only_what_people_and_the_internet_need_is_outside() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"proxy", "server"}


def test_the_server_waits_for_a_migration_that_waits_for_the_database() -> None:
    assert SERVICES["server"]["depends_on"]["migration"] == {
        "condition": "service_completed_successfully"
    }
    assert SERVICES["migration"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert SERVICES["migration"]["command"] == ["db", "upgrade"]
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name] or name in OURS, "the image has its own"


def test_secrets_come_as_files_and_stand_nowhere_else() -> None:
    files = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    assert all(path.startswith("./secrets/") for path in files.values())
    for name in OURS:
        environment = SERVICES[name]["environment"]
        assert not {"MANDATE_SECRET_KEY", "MANDATE_DATABASE_URL"} & set(environment)
        named = {environment[key] for key in secret_files.FILES if key in environment}
        assert named == {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]}


def test_mandate_takes_the_settings(tmp_path: Path) -> None:
    secrets = {
        "secret-key": SECRET_KEY,
        "database-url": "postgresql+psycopg://mandate:x@database/mandate",
    }
    for name, text in secrets.items():
        (tmp_path / name).write_text(text)
    for name in OURS:
        environ = {
            key: value.replace("/run/secrets", str(tmp_path))
            for key, value in SERVICES[name]["environment"].items()
        }
        assert environ["MANDATE_ISSUER"].startswith("${MANDATE_ISSUER:?")
        environ["MANDATE_ISSUER"] = "https://auth.example.com"
        assert unknown_names(environ) == []
        found = Settings.from_environ(environ)
        assert found.database.url == secrets["database-url"]
        assert found.redis_url == "redis://counters:6379/0"
        assert (found.proxy_hops, found.secret_keys) == (1, (SECRET_KEY,))


def test_the_services_run_commands_that_exist_in_the_image_of_this_version() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {f"mandate:{version('mandate')}"}
    assert {SERVICES[name]["pull_policy"] for name in OURS} == {"never"}
    assert OURS == ["migration", "server", "clean-up"]
    assert {"db upgrade", "serve", "cleanup"} <= set(cli.commands())
    assert SERVICES["server"]["command"][0] == "serve"
    assert "mandate cleanup;" in SERVICES["clean-up"]["entrypoint"][-1]


def test_the_proxy_finds_its_certificate_where_the_file_for_nginx_names_it() -> None:
    targets = {secret["target"] for secret in SERVICES["proxy"]["secrets"]}
    lines = (line.split() for line in deploy.text("nginx.conf").splitlines())
    named = {words[1].rstrip(";") for words in lines if words[:1] and "ssl_certificate" in words[0]}
    assert targets == named
