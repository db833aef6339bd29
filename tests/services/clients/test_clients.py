"""Clients that an operator registers."""

from __future__ import annotations

import pytest

from app.domain.errors import Invalid, NotFound
from app.services.clients import suspension
from tests.drivers.world import World


@pytest.mark.parametrize(
    ("uris", "method", "more"),
    [
        ([], "none", {}),
        (["http://x.example/"], "none", {}),
        (["https://x/"], "private_key_jwt", {}),
        (["https://x/"], "none", {"grant_types": ["password"]}),
        (["https://x/"], "none", {"capabilities": ["root"]}),
    ],
)
def test_a_client_that_may_not_be_is_refused(
    world: World, uris: list[str], method: str, more: dict[str, list[str]]
) -> None:
    with pytest.raises(Invalid):
        world.add_client("x", *uris, method, **more)
    assert world.execute("SELECT count(*) FROM clients") == [(4,)]


def test_a_client_that_does_not_exist_cannot_be_disabled(world: World) -> None:
    with world.app.app_context(), pytest.raises(NotFound):
        suspension.disable_client("nope", at=world.at, actor="t")
    assert world.audit("client.disabled") == []
