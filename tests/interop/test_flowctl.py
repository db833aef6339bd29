"""A CLI that registers at every login, and a Terraform provider that sends one bearer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from app.database.transactions import writing
from app.domain.delegation.choice import Choice
from app.models import Authorization, ClientSession
from tests.drivers.demo_browser import Browser
from tests.drivers.demo_stage import Stage
from tests.drivers.flowctl import Flowctl

pytestmark = pytest.mark.slow


ASKED = {"capabilities": ["api", "apps:view", "flows:edit"], "mcp_servers": []}


class Jonas:
    """A person with a browser."""

    def __init__(self, stage: Stage, browser: Browser, decision: str = "approve") -> None:
        self.stage, self.browser, self.decision = stage, browser, decision

    def __call__(self, url: str) -> str:
        page = self.browser.get(url)
        if page.url.path == "/login":
            page = self.browser.sign_in(page, "jonas", self.stage.password("jonas"))
        return self.browser.answer(page, self.decision, **ASKED)

    def listed(self) -> tuple[int, int]:
        """Return how many tools the settings show, and how many they fold away."""
        page = self.browser.get(f"{self.stage.demo['issuer']}/settings/authorizations/oauth2").text
        shown, _, folded = page.partition(" disconnected</summary>")
        return shown.count('<tr class="entry">'), folded.count('<tr class="entry">')


@pytest.fixture
def jonas(stage: Stage) -> Iterator[Jonas]:
    with Browser() as browser:
        yield Jonas(stage, browser)


@pytest.fixture
def cli(stage: Stage, jonas: Jonas, tmp_path: Path) -> Iterator[Flowctl]:
    made = Flowctl(stage.addresses.resource_server, tmp_path, jonas)
    yield made
    made.close()


def test_it_signs_in_from_a_base_url_calls_and_refreshes(stage: Stage, cli: Flowctl) -> None:
    assert cli.login() == "Authenticated"
    assert cli.login() == "Already authenticated"
    first = cli.token()
    assert [p["slug"] for p in cli.projects().json()["projects"]] == ["website"]
    cli.let_run_out()
    assert cli.token() != first
    assert cli.projects().status_code == 200


def test_what_is_taken_back_is_refused_at_its_next_call(
    stage: Stage, cli: Flowctl, jonas: Jonas
) -> None:
    cli.login()
    stage.edit(Choice(frozenset({"apps:view"}), {"website": "viewer"}))
    assert cli.projects().status_code == 403
    stage.revoke(jonas.browser)
    refused = cli.projects()
    assert refused.status_code == 401
    assert "resource_metadata=" in refused.headers["WWW-Authenticate"]


def test_a_denial_reaches_it_with_its_state(stage: Stage, cli: Flowctl, jonas: Jonas) -> None:
    jonas.decision = "deny"
    assert cli.login() == "Authentication failed: access_denied"


def test_the_registrations_it_piles_up_stay_out_of_the_way(
    stage: Stage, cli: Flowctl, jonas: Jonas
) -> None:
    for _ in range(3):
        assert cli.login() == "Authenticated"
        cli.logout()
    assert cli.login() == "Authenticated"
    assert jonas.listed() == (4, 0)
    with stage.app.app_context():
        newest = select(Authorization.id).order_by(Authorization.created_at.desc()).limit(1)
        with writing() as session:
            kept = session.scalar(newest)
            old = update(ClientSession).where(ClientSession.authorization_id != kept)
            session.execute(old.values(idle_expires_at=ClientSession.created_at))
    assert jonas.listed() == (1, 3)
    assert cli.projects().status_code == 200


@pytest.mark.parametrize("kind", ["api key", "access token"])
def test_a_terraform_provider_needs_one_bearer_from_its_environment(
    stage: Stage, cli: Flowctl, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "api key":
        monkeypatch.setenv("FLOWS_TOKEN", stage.api_key("api", "flows:edit"))
    else:
        cli.login()
        monkeypatch.setenv("FLOWS_TOKEN", cli.token())
    assert plan(stage)["data"]["name"] == "Nightly"
    stage.revoke_all()
    assert "error" in plan(stage, status=401)


def plan(stage: Stage, status: int = 200) -> dict[str, dict[str, str]]:
    """Create a flow as the provider does; every answer is JSON."""
    answer = httpx.post(
        f"{stage.addresses.resource_server}/provider/flows/create",
        json={"project": "website", "name": "Nightly"},
        headers={"Authorization": f"Bearer {os.environ['FLOWS_TOKEN']}"},
        trust_env=False,
    )
    assert answer.status_code == status, answer.text
    return dict(answer.json())
