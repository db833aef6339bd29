"""Secrets of clients and resource servers: replaced with an overlap; servers that are stopped."""

from __future__ import annotations

import pytest

from app.services.clients import resource_servers, secret_rotation
from app.services.clients.secret_rotation import NewSecret
from tests.drivers.deployment import AUDIENCE
from tests.drivers.introspection import basic, both_ways
from tests.drivers.registrations import Manager
from tests.drivers.tool import Tool
from tests.drivers.world import World

HOUR = 3_600
NEITHER = 400  # the secret is right, and the code is not


def rotate(world: World, client_id: str, overlap: int = HOUR) -> NewSecret:
    with world.app.app_context():
        return secret_rotation.rotate_client(client_id, overlap=overlap, at=world.at, actor="cli")


def rotate_server(world: World, overlap: int = HOUR) -> NewSecret:
    with world.app.app_context():
        return secret_rotation.rotate_resource_server(
            "api", overlap=overlap, at=world.at, actor="cli"
        )


def token_status(tool: Tool, secret: str | None, *, in_body: bool = False) -> int:
    fields = {"grant_type": "authorization_code", "code": "mdtc_x", "code_verifier": "x" * 43}
    fields["redirect_uri"] = tool.client.redirect_uri
    me = tool.client.client_id
    if in_body:
        fields |= {"client_id": me, "client_secret": secret or ""}
        return tool.http.post("/oauth/token", data=fields).status_code
    return tool.http.post("/oauth/token", data=fields, auth=(me, secret or "")).status_code


def asked(tool: Tool, token: str, secret: str) -> tuple[int, bool]:
    """Ask by the short and the long way; return the common status and whether the short one answered."""
    header = {"Authorization": basic("api", secret)}
    (status, _, _), short = both_ways(tool, data={"token": token}, headers=header)
    return status, short


@pytest.mark.parametrize("in_body", [False, True])
def test_both_secrets_of_a_client_count_until_the_overlap_ends(world: World, in_body: bool) -> None:
    tool = Tool(world, world.web)
    old, new = world.web.secret, rotate(world, world.web.client_id).text
    for secret in (old, new):
        assert token_status(tool, secret, in_body=in_body) == NEITHER
    world.clock.forward(seconds=HOUR - 1)
    assert token_status(tool, old, in_body=in_body) == NEITHER
    world.clock.forward(seconds=1)
    assert token_status(tool, old, in_body=in_body) == 401
    assert token_status(tool, new, in_body=in_body) == NEITHER


def test_without_an_overlap_the_old_secret_stops_at_once(world: World) -> None:
    tool = Tool(world, world.web)
    new = rotate(world, world.web.client_id, overlap=0)
    assert token_status(tool, world.web.secret) == 401
    assert token_status(tool, new.text) == NEITHER
    kept = "SELECT previous_secret_digest FROM clients WHERE identifier = "
    assert world.execute(f"{kept}'{world.web.client_id}'") == [(None,)], "nothing of it stays"
    [event] = world.audit("client.secret_rotated")
    assert (event.subject, event.detail["overlap"]) == (world.web.client_id, 0)


def test_rotating_again_ends_the_oldest_secret(world: World) -> None:
    tool = Tool(world, world.web)
    second = rotate(world, world.web.client_id)
    third = rotate(world, world.web.client_id)
    assert token_status(tool, world.web.secret) == 401
    assert token_status(tool, second.text) == NEITHER
    assert token_status(tool, third.text) == NEITHER
    rotate(world, world.web.client_id, overlap=0)
    assert token_status(tool, second.text) == token_status(tool, third.text) == 401


def test_a_registration_may_show_either_secret_and_loses_both(lone_world: World) -> None:
    method = {"token_endpoint_auth_method": "client_secret_basic"}
    manager = Manager(lone_world, **method)
    old = manager.body["client_secret"]
    new = rotate(lone_world, manager.body["client_id"]).text
    for secret, status in ((old, 200), (new, 200), ("mdts_x", 400)):
        assert manager.put(client_secret=secret, **method).status_code == status
    assert manager.put(token_endpoint_auth_method="none").status_code == 200
    kept = lone_world.execute(
        "SELECT secret_digest, previous_secret_digest, previous_secret_ends_at FROM clients "
        "WHERE registered_by = 'itself'"
    )
    assert kept == [(None, None, None)]


def test_both_secrets_of_a_resource_server_count_by_both_ways(tool: Tool) -> None:
    token, old = tool.tokens()["access_token"], tool.world.secrets["api"]
    new = rotate_server(tool.world, overlap=300).text
    assert asked(tool, token, old) == asked(tool, token, new) == (200, True)
    tool.world.clock.forward(seconds=299)
    assert asked(tool, token, old) == (200, True)
    tool.world.clock.forward(seconds=1)
    assert asked(tool, token, old) == (401, False)
    assert asked(tool, token, new) == (200, True)
    [event] = tool.world.audit("resource_server.secret_rotated")
    assert (event.subject, event.detail["overlap"]) == ("api", 300)


def test_a_leaked_secret_of_a_resource_server_stops_at_once(tool: Tool) -> None:
    token = tool.tokens()["access_token"]
    new = rotate_server(tool.world, overlap=0).text
    assert asked(tool, token, tool.world.secrets["api"]) == (401, False)
    assert asked(tool, token, new) == (200, True)


def test_a_disabled_resource_server_is_refused_by_both_ways(tool: Tool) -> None:
    token, secret = tool.tokens()["access_token"], tool.world.secrets["api"]
    world = tool.world
    with world.app.app_context():
        resource_servers.disable("api", at=world.at, actor="cli")
        resource_servers.disable("api", at=world.at, actor="cli")
    assert asked(tool, token, secret) == (401, False)
    header = {"Authorization": basic("api", secret)}
    refused = tool.http.post("/oauth/introspect", data={"token": token}, headers=header)
    assert refused.get_json()["error"] == "invalid_client"
    with world.app.app_context():
        resource_servers.enable("api", at=world.at, actor="cli")
    assert asked(tool, token, secret) == (200, True)
    assert len(world.audit("resource_server.disabled")) == 1
    assert len(world.audit("resource_server.enabled")) == 1


@pytest.mark.parametrize(("identifier", "known"), [("api", True), ("mcp", False)])
def test_a_removed_resource_server_can_ask_nothing(
    tool: Tool, identifier: str, known: bool
) -> None:
    """The default audience exists without a resource server; another one goes with it."""
    token, world = tool.tokens()["access_token"], tool.world
    with world.app.app_context():
        removed = resource_servers.remove(identifier, default=AUDIENCE, at=world.at, actor="cli")
    assert removed.is_still_known is known
    asking = (identifier, world.secrets[identifier])
    answer = tool.http.post("/oauth/introspect", data={"token": token}, auth=asking)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")
    page = tool.authorize(resource=removed.audience)
    assert ("invalid_target" in page.location) is not known
    [event] = world.audit("resource_server.removed")
    assert (event.subject, event.detail["audience"]) == (identifier, removed.audience)
