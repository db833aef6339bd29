"""The request log: no line holds a secret."""

from __future__ import annotations

import json

import pytest

from app.domain.credentials.secrets import Prefix, new_secret
from tests.drivers.world import World


@pytest.mark.parametrize("prefix", list(Prefix), ids=lambda prefix: prefix.name)
@pytest.mark.parametrize(
    "path",
    [
        "/oauth/register/{}",
        "/password/{}",
        "/nope/{}",
        "/x{}y",
        "/a/{}/b",
        "/oauth/revoke/{}",
        "/{}",
    ],
)
def test_a_secret_in_an_address_is_hidden(
    lone_world: World, capsys: pytest.CaptureFixture[str], prefix: Prefix, path: str
) -> None:
    secret = new_secret(prefix)
    lone_world.app.test_client().get(path.format(secret))
    written = capsys.readouterr().err
    assert secret not in written
    assert secret[5:20] not in written
    [line] = [json.loads(text) for text in written.splitlines() if '"event": "request"' in text]
    assert "…" in line["path"]
