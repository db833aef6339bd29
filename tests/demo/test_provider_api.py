"""What a Terraform provider relies on: JSON with `data` or `error`, whatever happens."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.drivers.demo_stage import Stage

CREDENTIALS = ["access token", "API key"]


def post(stage: Stage, path: str, credential: str | None, **more: Any) -> httpx.Response:
    """Post to the provider's API; every answer is JSON with either `data` or `error`."""
    headers = {} if credential is None else {"Authorization": f"Bearer {credential}"}
    url = f"{stage.demo['resource_server']}/provider{path}"
    answer = httpx.post(url, headers=headers, trust_env=False, timeout=15, **more)
    body = answer.json()
    assert isinstance(body, dict)
    assert body.keys() == ({"data"} if answer.is_success else {"error"})
    assert answer.is_success or isinstance(body["error"], str)
    return answer


def credential_of(stage: Stage, kind: str, *capabilities: str) -> str:
    """Return a credential of a kind, for an editor of `website`."""
    if kind == "API key":
        return stage.api_key(*capabilities)
    return stage.token(capabilities=list(capabilities))


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_flow_is_made_and_listed(stage: Stage, kind: str) -> None:
    credential = credential_of(stage, kind, "api", "flows:edit")
    flow = {"project": "website", "name": f"Made with an {kind}"}
    made = post(stage, "/flows/create", credential, json=flow)
    assert (made.status_code, made.json()) == (200, {"data": flow})
    listed = post(stage, "/flows/list", credential, json={"project": "website"})
    assert flow in listed.json()["data"]


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_without_flows_edit_a_flow_is_not_made(stage: Stage, kind: str) -> None:
    credential = credential_of(stage, kind, "api", "apps:view")
    refused = post(stage, "/flows/create", credential, json={"project": "website", "name": "No"})
    assert refused.status_code == 403
    holder = "tool" if kind == CREDENTIALS[0] else "API key"
    sentence, _, link = refused.json()["error"].partition(". ")
    assert sentence == f"“Create and modify flows” was not given to this {holder}"
    page = f"{stage.demo['issuer']}/settings/authorizations/aut_"
    assert link.startswith(page)
    assert link.endswith("?give=flows%3Aedit")
    assert 'error="insufficient_scope", scope="flows:edit"' in refused.headers["WWW-Authenticate"]
    listed = post(stage, "/flows/list", credential, json={"project": "website"})
    assert "No" not in {flow["name"] for flow in listed.json()["data"]}


@pytest.mark.parametrize("kind", CREDENTIALS)
@pytest.mark.parametrize("slug", ["payments", "nowhere"])
def test_another_project_is_out_of_reach(stage: Stage, kind: str, slug: str) -> None:
    credential = credential_of(stage, kind, "api", "flows:edit")
    for path in ("/flows/create", "/flows/list"):
        body = {"project": slug, "name": "No"}
        assert post(stage, path, credential, json=body).status_code == 403


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_without_the_api_capability_nothing_is_reached(stage: Stage, kind: str) -> None:
    credential = credential_of(stage, kind, "flows:edit")
    body = {"project": "website", "name": "No"}
    assert post(stage, "/flows/create", credential, json=body).status_code == 403


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_what_is_revoked_is_refused_at_the_very_next_call(stage: Stage, kind: str) -> None:
    credential = credential_of(stage, kind, "api", "flows:edit")
    assert post(stage, "/flows/list", credential, json={"project": "website"}).status_code == 200
    stage.revoke_all()
    refused = post(stage, "/flows/list", credential, json={"project": "website"})
    assert refused.status_code == 401
    assert "revoked" in refused.json()["error"]


@pytest.mark.parametrize("credential", [None, "nonsense"])
@pytest.mark.parametrize("path", ["/flows/create", "/flows/list"])
def test_without_a_good_credential_nothing_is_done(
    stage: Stage, path: str, credential: str | None
) -> None:
    for body in ({"project": "website", "name": "No"}, {}):
        refused = post(stage, path, credential, json=body)
        assert refused.status_code == 401
        assert "resource_metadata=" in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"project": "website"}', '{"name": "x"}', '{"project": 5, "name": "x"}'],
)
def test_a_body_that_says_too_little_is_refused(stage: Stage, body: str) -> None:
    key = stage.api_key("api", "flows:edit")
    assert post(stage, "/flows/create", key, content=body).status_code == 422


def test_a_listing_needs_a_project(stage: Stage) -> None:
    key = stage.api_key("api")
    assert post(stage, "/flows/list", key, json={}).json() == {"error": "Send project."}


@pytest.mark.parametrize(
    ("path", "status"), [("/nothing", 404), ("/flows", 404), ("/flows/create/", 404)]
)
def test_a_wrong_path_is_told_in_the_same_form(stage: Stage, path: str, status: int) -> None:
    assert post(stage, path, None).status_code == status


def test_a_body_that_is_too_large_is_told_in_the_same_form(stage: Stage) -> None:
    body = {"project": "website", "name": "x" * 20_000}
    assert post(stage, "/flows/create", stage.api_key("api"), json=body).status_code == 413
