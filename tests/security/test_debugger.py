"""Nothing of a debugger is served, even where the environment asks Flask for one."""

from __future__ import annotations

import pytest

from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, running_world


@pytest.mark.requirement("XC-11")
def test_a_request_to_debug_opens_nothing_and_tells_nothing(
    lone_database: Prepared, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ValueError("secret detail")

    monkeypatch.setenv("FLASK_DEBUG", "1")
    with running_world(lone_database, clock) as world:
        assert world.app.debug, "Flask was told to debug"
        monkeypatch.setitem(world.app.view_functions, "web.healthz", broken)
        http = world.app.test_client()
        for path in ("/console", "/debug", "/metrics", "/.git/config", "/app/catalog.toml"):
            assert http.get(path).status_code == 404, path
        debugger = http.get("/login?__debugger__=yes&cmd=resource&f=debugger.js")
        assert debugger.mimetype == "text/html"
        failed = http.get("/healthz")
        assert failed.status_code == 500
        assert "secret detail" not in failed.text
        assert "Traceback" not in failed.text
