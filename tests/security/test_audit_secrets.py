"""No secret reaches the audit log, by whichever way it was issued, typed or pasted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.domain.credentials.secrets import Prefix, new_secret
from app.services.accounts import password_reset
from app.services.clients import secret_rotation
from app.services.tokens.leaks import Leak, report
from tests.drivers.device import device_of
from tests.drivers.owner import Owner
from tests.drivers.registrations import register
from tests.drivers.tool import Browser, Tool
from tests.drivers.world import PASSWORD, World

NEW_PASSWORD = "another long sentence to remember"


def of_codes_and_tokens(world: World) -> set[str]:
    tool = Tool(world, world.web)
    code = tool.code()
    first = tool.redeem(code).get_json()
    fresh = tool.refresh(first["refresh_token"]).get_json()
    tool.redeem(code)
    tool.revoke(fresh["access_token"])
    cookie = tool.browser.http.get_cookie("mandate")
    assert cookie
    texts = {first["access_token"], first["refresh_token"], fresh["access_token"]}
    return texts | {code, tool.verifier, cookie.value, str(world.web.secret)}


def of_a_device(world: World) -> set[str]:
    device = device_of(world)
    device.answer()
    tokens = device.poll().get_json()
    asked = device.asked
    texts = {asked["device_code"], asked["user_code"]}
    return texts | {tokens["access_token"], tokens["refresh_token"]}


def of_api_keys(world: World) -> set[str]:
    owner = Owner(world)
    key = owner.make()
    rotated = owner.rotate(owner.address(key), overlap="0")
    with world.app.app_context():
        leak = Leak(text=rotated, url=f"https://paste.example/?key={rotated}")
        report([leak], at=world.at)
    return {key, rotated}


def of_registrations(world: World) -> set[str]:
    body = register(world, token_endpoint_auth_method="client_secret_basic").get_json()
    return {body["client_secret"], body["registration_access_token"]}


def of_rotations(world: World) -> set[str]:
    with world.app.app_context():
        how = {"overlap": 60, "at": world.at, "actor": "test"}
        client = secret_rotation.rotate_client(world.web.client_id, **how)  # type: ignore[arg-type]
        server = secret_rotation.rotate_resource_server("api", **how)  # type: ignore[arg-type]
    return {client.text, server.text, *world.secrets.values()}


def of_passwords(world: World) -> set[str]:
    Browser(world).sign_in("ben", "a wrong password")
    Browser(world).sign_in(PASSWORD.format("ben"), "swapped")
    with world.app.app_context():
        link = password_reset.issue_link("cleo", at=world.at, actor="test")
    page = Browser(world).get(f"/password/{link.text}")
    Browser(world).submit(page, f"/password/{link.text}", new=NEW_PASSWORD)
    return {link.text, "a wrong password", PASSWORD.format("ben"), NEW_PASSWORD}


def of_what_is_pasted(world: World) -> set[str]:
    pasted = {prefix: new_secret(prefix) for prefix in Prefix}
    Owner(world).make(name=pasted[Prefix.API_KEY])
    world.add_client(f"Tool {pasted[Prefix.CLIENT_SECRET]}", "https://x.example/cb", "none")
    Browser(world).sign_in(pasted[Prefix.ACCESS_TOKEN])
    register(world, client_name=pasted[Prefix.REFRESH_TOKEN])
    return set(pasted.values())


WAYS = (
    of_codes_and_tokens,
    of_a_device,
    of_api_keys,
    of_registrations,
    of_rotations,
    of_passwords,
    of_what_is_pasted,
)


@pytest.mark.requirement("XC-04")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
def test_no_secret_stands_in_an_audit_event(
    lone_world: World, way: Callable[[World], set[str]]
) -> None:
    before = len(lone_world.audit())
    secrets = way(lone_world)
    events = repr(lone_world.execute("SELECT * FROM audit_events"))
    assert len(lone_world.audit()) > before
    assert secrets
    for secret in secrets:
        assert len(secret) >= 8
        assert secret not in events
        assert not secret.startswith("mdt") or secret[5:40] not in events
