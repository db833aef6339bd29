"""The manual's commands and programs do what it says when a reader copies them from the page."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.drivers import curl
from tests.drivers.deployment import SECRET_KEY, Live
from tests.drivers.manual import Shell, blocks, check, steps
from tests.drivers.tool import USUAL, Browser, Tool, answer_of, target_of
from tests.drivers.world import NATIVE_URI

pytestmark = pytest.mark.slow


CALLBACK = "http://127.0.0.1:8765/callback?"


@pytest.fixture(params=["stand-in", "curl"])
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """A shell with a curl: ours, and the machine's where there is one."""
    if request.param == "stand-in":
        curl.install(tmp_path)
    elif shutil.which("curl") is None:
        pytest.skip("optional: this machine has no curl; the stand-in did the same")
    return Shell(tmp_path)


@pytest.fixture
def person(live: Live) -> Browser:
    """A browser that ben is signed in with."""
    browser = Browser(live.world)
    browser.sign_in("ben")
    return browser


def page_of(live: Live, name: str) -> str:
    return live.world.app.test_client().get(f"/docs/{name}").text


def approve(person: Browser, address: str) -> str:
    """Open an authorization address, approve the usual choice, return where the browser ends."""
    parts = urlsplit(address.strip())
    consent = person.get(f"{parts.path}?{parts.query}").location
    decided = person.submit(person.get(consent), consent, decision="approve", **USUAL)
    return target_of(person.get(decided.location))


def approve_device(person: Browser, user_code: str) -> None:
    consent = person.submit(person.get("/device"), "/device", user_code=user_code).location
    decided = person.submit(person.get(consent), consent, decision="approve", **USUAL)
    assert person.get(decided.location).status_code == 200


def test_a_tool_is_connected_step_by_step(live: Live, shell: Shell, person: Browser) -> None:
    printed = []
    for code, shown in steps(page_of(live, "tools")):
        output = shell.run(code)
        printed.append(output)
        answer = check(shown, output) if shown else None
        shell.remember(answer)
        if output.startswith(f"{live.issuer}/oauth/authorize?"):
            end = approve(person, output)
            assert end.startswith(CALLBACK)
            shell.set(CODE=answer_of(end)["code"])
        elif answer and "user_code" in answer:
            approve_device(person, answer["user_code"])
    assert len(printed) == 10
    assert len(live.world.audit("session.started")) == 2
    assert len(live.world.audit("session.refreshed")) == 2
    assert len(live.world.audit("session.ended")) == 1
    assert printed[-1] == "", "the registration is ended without a word"


@pytest.mark.parametrize("number", [0, 1], ids=["requests-oauthlib", "Authlib"])
def test_the_python_programs_get_a_token(
    live: Live, person: Browser, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_ID", live.world.native.client_id)
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    assert live.world.native.redirect_uri == NATIVE_URI
    programs = [block.code for block in blocks(page_of(live, "tools")) if block.info == "python"]
    assert len(programs) == 2
    printed: list[str] = []
    names = {"print": lambda text: printed.append(str(text)), "__builtins__": builtins}
    names["input"] = lambda _: approve(person, printed[0])
    exec(programs[number], names)  # our own manual
    assert printed[1] == "api flows:edit"


def test_a_resource_server_gets_the_answers_that_are_shown(live: Live, shell: Shell) -> None:
    shell.set(
        RESOURCE_SERVER_ID="api",
        RESOURCE_SERVER_SECRET=live.world.secrets["api"],
        ACCESS_TOKEN=Tool(live.world, live.world.native).tokens()["access_token"],
    )
    commands = steps(page_of(live, "resource-servers"))
    assert len(commands) == 4
    for code, shown in commands:
        output = shell.run(code)
        assert '"active":' in output
        if shown:
            check(shown, output)
    live.world.flush_activity()
    used = live.world.execute("SELECT capability, project FROM activities WHERE project != ''")
    assert sorted(used) == [("flows:edit", "payments"), ("secrets:edit", "payments")]


def test_an_operator_fills_and_watches_a_directory(live: Live, tmp_path: Path) -> None:
    shell = Shell(
        tmp_path,
        MANDATE_ISSUER="https://auth.example.com",
        MANDATE_PROXY_HOPS="1",
        MANDATE_DATABASE_URL=f"sqlite:///{tmp_path / 'operated.db'}",
        MANDATE_SECRET_KEY=SECRET_KEY,
    )
    shell.run("mandate db upgrade")
    printed = [shell.run(code) for code, _ in steps(page_of(live, "operators"))]
    assert len(printed) == 3
    for sentence in ("Added project payments.", "ben is editor in payments.", "client_secret"):
        assert sentence in printed[0]
    assert "Everything is in order." in printed[1]
    assert "membership.set" in printed[1]
    assert '"class_uid"' in printed[2]
