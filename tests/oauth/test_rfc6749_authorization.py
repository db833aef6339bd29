"""The authorization endpoint: RFC 6749 section 4.1, RFC 7636, RFC 8252, RFC 8707, RFC 9207, RFC 9700."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import pytest

from tests.drivers.authorization import R0, error_of, is_page
from tests.drivers.tool import Browser, Tool, answer_of, target_of
from tests.drivers.world import WEB_URI, World


@pytest.mark.rfc("6749", "4.1.2.1")
@pytest.mark.requirement("AZ-01")
def test_a_request_without_a_client_is_a_page(spa: Tool) -> None:
    assert is_page(spa.authorize(client_id=None))


@pytest.mark.rfc("6749", "4.1.2.1")
@pytest.mark.requirement("AZ-02")
@pytest.mark.parametrize("client_id", ["nope", "é", '"', "a" * 5000, "nope\x00"])
def test_an_unknown_client_is_a_page(spa: Tool, client_id: str) -> None:
    assert is_page(spa.authorize(client_id=client_id))


@pytest.mark.requirement("AZ-02")
def test_an_unknown_client_is_json_for_a_program(spa: Tool) -> None:
    query = urlencode(spa.request(client_id="gone"))
    response = spa.http.get(f"/oauth/authorize?{query}", headers={"Accept": "application/json"})
    assert response.status_code == 401
    assert response.get_json()["error"] == "invalid_client"


@pytest.mark.rfc("6749", "3.1.2.4")
@pytest.mark.requirement("AZ-03")
def test_an_unregistered_redirect_uri_is_a_page(spa: Tool) -> None:
    assert is_page(spa.authorize(redirect_uri="https://evil.test/cb"))


MUTATIONS = [
    R0 + "/",
    R0 + "/x",
    R0 + "?x=1",
    R0 + ";p=1",
    R0 + "#f",
    R0 + "#",
    "https://user@app.example/callback",
    "https://a@b@app.example/callback",
    "https://APP.example/callback",
    "HTTPS://app.example/callback",
    "http://app.example/callback",
    "https://app.example:443/callback",
    "https://app.example./callback",
    "https://x.app.example/callback",
    "https://app.example/%2e%2e/callback",
    "https://app.example/../callback",
    "https://app.example/..;/callback",
    "https://app.example//callback",
    "https://app.example/%2Fcallback",
    "https://app.example/%63allback",
    "https://app.example/%43allback",
    "https://app.example\\callback",
    "https://app.example\\@evil.test/callback",
    R0 + "\t",
    R0 + "\r\n",
    R0 + "%0d%0a",
    R0 + "%00",
    " " + R0,
    R0 + " ",
    "https://app．example/callback",
    "https://xn--app-8m0a.example/callback",
    "https://*.example/callback",
    f"{R0} {R0}",
    f"{R0},{R0}",
    R0 + "?" + "x" * 8192,
    'https://app.example/"callback',
    "https://[::1/callback",
    "javascript:alert(1)",
    "",
]


@pytest.mark.rfc("6749", "3.1.2.3")
@pytest.mark.requirement("AZ-04")
def test_only_the_exact_redirect_uri_is_followed(spa: Tool) -> None:
    for uri in filter(None, MUTATIONS):
        assert is_page(spa.authorize(redirect_uri=uri)), uri


@pytest.mark.rfc("6749", "3.1.2.3")
@pytest.mark.requirement("AZ-05")
def test_a_missing_redirect_uri_means_the_only_registered_one(spa: Tool) -> None:
    assert spa.decide(redirect_uri=None).startswith(R0)


@pytest.mark.rfc("6749", "3.1.2.3")
@pytest.mark.requirement("AZ-05")
def test_a_missing_redirect_uri_is_a_page_when_two_are_registered(lone_world: World) -> None:
    client = lone_world.add_client("Two", R0, WEB_URI, "none")
    assert is_page(Tool(lone_world, client).sign_in().authorize(redirect_uri=None))


@pytest.mark.rfc("6749", "3.1.2")
@pytest.mark.requirement("AZ-24")
def test_a_registered_query_is_kept(lone_world: World) -> None:
    client = lone_world.add_client("Query", "https://c.test/cb?a=1", "none")
    location = Tool(lone_world, client).sign_in().decide()
    assert answer_of(location)["a"] == "1"
    assert answer_of(location)["code"].startswith("mdtc_")


@pytest.mark.rfc("9700", "4.11.2")
@pytest.mark.requirement("AZ-25")
def test_a_stranger_signs_in_before_any_redirect_to_the_client(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.spa)
    response = tool.authorize(scope="unknown")
    assert response.status_code == 303
    assert response.location.startswith("/consent/")
    assert tool.browser.get(response.location).location.startswith("/login?next=")
    tool.sign_in()
    page = tool.browser.follow(response.location)
    assert answer_of(target_of(page))["error"] == "invalid_scope"
    assert "http-equiv" not in page.text, "an error is not carried on by itself"
    assert "app.example" in page.text


@pytest.mark.rfc("9700", "4.12")
@pytest.mark.requirement("AZ-26")
def test_forms_are_answered_with_303(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.spa)
    assert tool.browser.sign_in("ben").status_code == 303
    address, page = tool.consent_page()
    assert tool.browser.submit(page, address, decision="deny").status_code == 303


@pytest.mark.rfc("9700", "4.11.2")
@pytest.mark.requirement("AZ-28")
def test_prompt_none_is_no_open_redirector(lone_world: World) -> None:
    stranger = Tool(lone_world, lone_world.spa)
    assert is_page(stranger.authorize(prompt="none", redirect_uri="https://evil.test/"))
    assert error_of(stranger.authorize(prompt="none")) == "login_required"
    assert error_of(stranger.sign_in().authorize(prompt="none")) == "consent_required"


@pytest.mark.requirement("AZ-34")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(spa: Tool, method: str) -> None:
    response = spa.browser.http.open("/oauth/authorize", method=method)
    assert response.status_code in (403, 405)


@pytest.mark.rfc("9700", "4.2.4")
@pytest.mark.requirement("AZ-35")
def test_answers_leak_nothing_by_referrer_or_cache(spa: Tool) -> None:
    address, page = spa.consent_page()
    posted = spa.browser.submit(page, address, decision="deny")
    for response in (
        spa.authorize(scope="unknown"),
        page,
        posted,
        spa.browser.get(posted.location),
    ):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.requirement("AZ-36")
@pytest.mark.rfc("8252", "7.3")
@pytest.mark.parametrize("port", ["", ":1", ":51004", ":65535"])
def test_the_port_of_a_loopback_redirect_is_free(lone_tool: Tool, port: str) -> None:
    uri = f"http://127.0.0.1{port}/callback"
    location = lone_tool.decide(redirect_uri=uri)
    assert location.startswith(uri + "?")
    code = answer_of(location)["code"]
    assert lone_tool.redeem(code, redirect_uri="http://127.0.0.1:7/callback").status_code == 400
    assert lone_tool.redeem(code, redirect_uri=uri).status_code == 200


@pytest.mark.rfc("8252", "7.3")
@pytest.mark.requirement("AZ-36")
@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:65536/callback",
        "http://127.0.0.1:51004/other",
        "http://localhost:51004/callback",
        "http://127.0.0.2:1/callback",
        "http://[::1]:1/callback",
        "https://127.0.0.1:1/callback",
        "http://127.0.0.1:1@evil.test/callback",
        "http://127.0.0.1:01/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:1/callback?x=1",
        "http://127.1/callback",
        "http://127.0.0.1:1/callback#",
        "http://user@127.0.0.1:1/callback",
    ],
)
def test_nothing_else_of_a_loopback_redirect_is_free(lone_tool: Tool, uri: str) -> None:
    assert is_page(lone_tool.sign_in().authorize(redirect_uri=uri))


def test_a_pending_request_is_not_read_from_the_query_again(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    address, page = lone_tool.consent_page()
    fields = {"capabilities": ["api"], "project-payments": "viewer"}
    tampered = f"{address}?redirect_uri=https://evil.test/&scope=secrets:edit"
    posted = lone_tool.browser.submit(
        page, tampered, decision="approve", redirect_uri="https://evil.test/", **fields
    )
    location = target_of(
        lone_tool.browser.get(posted.location + "?redirect_uri=https://evil.test/")
    )
    assert urlsplit(location).netloc == "127.0.0.1"


def test_a_disabled_client_is_unknown(lone_world: World) -> None:
    tool = Tool(lone_world, lone_world.spa).sign_in()
    address, _ = tool.consent_page()
    lone_world.disable_client(lone_world.spa)
    assert is_page(tool.authorize())
    assert tool.browser.get(address).status_code == 404


@pytest.mark.requirement("UI-06")
def test_the_way_back_is_for_the_browser_and_user_that_decided(lone_tool: Tool) -> None:
    lone_tool.sign_in()
    address, page = lone_tool.consent_page()
    posted = lone_tool.browser.submit(
        page, address, decision="approve", capabilities=["api"], **{"project-data": "viewer"}
    )
    stranger = Browser(lone_tool.world)
    assert stranger.get(posted.location).location.startswith("/login")
    stranger.sign_in("ada")
    for url in (posted.location, address):
        assert stranger.get(url).status_code == 403
    same_browser = lone_tool.browser
    same_browser.submit(same_browser.get("/settings/authorizations/oauth2"), "/logout")
    same_browser.sign_in("cleo")
    assert same_browser.get(posted.location).status_code == 403


@pytest.mark.requirement("AZ-19", "XC-01")
@pytest.mark.parametrize("query", ["state=a%ffb", "scope=%80", "x=%c3%28", "%ff=1"])
def test_a_query_that_is_not_utf8_is_a_page(spa: Tool, query: str) -> None:
    good = urlencode({k: v for k, v in spa.request().items() if k not in ("state", "scope")})
    assert is_page(spa.browser.get(f"/oauth/authorize?{good}&{query}"))


@pytest.mark.requirement("MD-02")
def test_no_address_leads_to_another_host(lone_world: World) -> None:
    http = lone_world.app.test_client()
    for path in (
        "//login",
        "/oauth//authorize",
        "//evil.test/login",
        "/settings//authorizations/oauth2",
    ):
        spoofed = {"PATH_INFO": path, "HTTP_HOST": "evil.test"}
        response = http.get("/", environ_overrides=spoofed)
        assert response.status_code in (200, 303, 400, 404), "the same control, or nothing"
        assert "evil" not in response.headers.get("Location", "")
