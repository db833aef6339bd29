"""Parameters of an authorization request: RFC 6749 section 4.1.1, RFC 7636, RFC 8707, RFC 9207."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drivers.authorization import R0, error_of, is_page
from tests.drivers.deployment import ISSUER
from tests.drivers.tool import Tool, answer_of, open_boxes
from tests.drivers.world import WEB_URI, World


@pytest.mark.rfc("6749", "3.1.1")
@pytest.mark.requirement("AZ-07")
@pytest.mark.parametrize(
    "response_type", ["token", "id_token", "code token", "none", "CODE", 'c"', "é"]
)
def test_only_codes_are_handed_out(spa: Tool, response_type: str) -> None:
    response = spa.authorize(response_type=response_type)
    assert error_of(response) == "unsupported_response_type"
    assert "access_token" not in response.location


@pytest.mark.rfc("6749", "3.1.1")
@pytest.mark.requirement("AZ-07")
def test_a_missing_response_type_is_an_invalid_request(spa: Tool) -> None:
    assert error_of(spa.authorize(response_type=None)) == "invalid_request"


@pytest.mark.rfc("6749", "3.1.2.4")
@pytest.mark.requirement("AZ-08")
@pytest.mark.parametrize("other", [{"response_type": "token"}, {"scope": "no"}, {"prompt": "none"}])
def test_two_errors_at_once_never_redirect_to_a_stranger(spa: Tool, other: dict[str, str]) -> None:
    assert is_page(spa.authorize(redirect_uri="https://evil.test/cb", **other))


PKCE = [
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge": ""},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": None},
    *({"code_challenge_method": method} for method in ("S512", "s256", "S256 ", "")),
    *(
        {"code_challenge": challenge}
        for challenge in (
            "a" * 42,
            "a" * 44,
            "a" * 129,
            "a" * 42 + "=",
            "a" * 42 + "+",
            "a" * 42 + "/",
            "é" * 43,
            "a" * 43 + "\n",
        )
    ),
]


@pytest.mark.requirement("AZ-09", "AZ-11", "AZ-12", "AZ-13", "AZ-14")
@pytest.mark.rfc("7636", "4.3")
@pytest.mark.parametrize("change", PKCE, ids=str)
def test_pkce_with_s256_is_asked_of_a_public_client(spa: Tool, change: dict[str, Any]) -> None:
    assert error_of(spa.authorize(**change)) == "invalid_request"


@pytest.mark.rfc("9700", "2.1.1")
@pytest.mark.requirement("AZ-10")
@pytest.mark.parametrize("change", PKCE[:4], ids=str)
def test_pkce_is_asked_of_a_confidential_client_too(
    lone_world: World, change: dict[str, Any]
) -> None:
    tool = Tool(lone_world, lone_world.web).sign_in()
    assert error_of(tool.authorize(**change), WEB_URI) == "invalid_request"


@pytest.mark.rfc("6749", "3.1")
@pytest.mark.requirement("AZ-15")
@pytest.mark.parametrize(
    "name",
    [
        "client_id",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "nonce",
    ],
)
def test_a_repeated_parameter_is_refused(spa: Tool, name: str) -> None:
    value = spa.request().get(name, "x")
    assert is_page(spa.authorize(**{name: [value, value]}))


@pytest.mark.rfc("6749", "3.1")
@pytest.mark.requirement("AZ-17")
def test_unknown_parameters_are_ignored(spa: Tool) -> None:
    assert "code" in answer_of(spa.decide(foo="bar", utm_x="1", prompt="consent"))


@pytest.mark.rfc("6749", "3.1")
@pytest.mark.requirement("AZ-18")
def test_an_empty_value_counts_as_omitted(spa: Tool) -> None:
    assert "state" not in answer_of(spa.decide(state=""))
    assert open_boxes(spa.consent_page(scope="")[1]) == open_boxes(spa.consent_page(scope=None)[1])


STATES = ["".join(map(chr, range(0x20, 0x7F))), "%", "é", '<">', "a" * 2000, "a+b c&d=e", "日本"]


@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.requirement("AZ-19")
@pytest.mark.parametrize(
    "state", STATES, ids=["ascii", "percent", "accent", "html", "long", "form", "kanji"]
)
def test_state_comes_back_as_it_went(spa: Tool, state: str) -> None:
    assert answer_of(spa.decide(state=state))["state"] == state
    response = spa.authorize(state=state, scope="unknown")
    assert answer_of(response.location)["state"] == state


@pytest.mark.rfc("6749", "4.1.2")
@pytest.mark.requirement("AZ-20")
def test_no_state_in_is_no_state_out(spa: Tool) -> None:
    assert "state" not in answer_of(spa.decide(state=None))


@pytest.mark.rfc("6749", "3.3")
@pytest.mark.requirement("AZ-22")
def test_a_missing_scope_means_all_that_the_client_may_ask_for(lone_world: World) -> None:
    client = lone_world.add_client("Narrow", R0, "none", capabilities=["api", "apps:view"])
    tool = Tool(lone_world, client).sign_in()
    for _ in range(2):
        page = tool.consent_page(scope=None)[1]
        assert open_boxes(page) == ["api", "apps:view"]
        assert page.text.count("not registered for it") == 4


@pytest.mark.rfc("6749", "4.1.2.1")
def test_an_unknown_scope_is_refused(spa: Tool) -> None:
    assert error_of(spa.authorize(scope="api everything")) == "invalid_scope"


@pytest.mark.rfc("8707", "2")
@pytest.mark.parametrize("root", ["http://127.0.0.1:8001", "http://127.0.0.1:8001/"])
def test_the_root_of_the_default_audience_names_it(spa: Tool, root: str) -> None:
    tokens = spa.tokens(resource=root)
    assert spa.introspect(tokens["access_token"])["aud"] == "http://127.0.0.1:8001/api"
    again = spa.refresh(tokens["refresh_token"], resource=root).get_json()
    assert spa.is_active(again["access_token"])
    for other in ("http://127.0.0.1:8000", "http://127.0.0.1:8001/other", "https://127.0.0.1:8001"):
        assert error_of(spa.authorize(resource=other)) == "invalid_target"


@pytest.mark.rfc("8707", "2")
def test_what_is_registered_at_the_root_comes_first(spa: Tool) -> None:
    spa.world.add_resource_server("host", "http://127.0.0.1:8001")
    tokens = spa.tokens(resource="http://127.0.0.1:8001/")
    assert spa.introspect(tokens["access_token"], "host")["aud"] == "http://127.0.0.1:8001"
    assert not spa.is_active(tokens["access_token"], "api")


@pytest.mark.requirement("AZ-23")
@pytest.mark.rfc("9207", "2")
def test_iss_stands_in_every_answer(spa: Tool) -> None:
    for location in (spa.decide(), spa.decide("deny"), spa.authorize(scope="unknown").location):
        assert answer_of(location)["iss"] == ISSUER
    assert spa.http.get("/.well-known/oauth-authorization-server").get_json()[
        "authorization_response_iss_parameter_supported"
    ]


@pytest.mark.rfc("8707", "2")
def test_an_unknown_resource_is_an_invalid_target(spa: Tool) -> None:
    for resource in ("https://elsewhere.test/", "not a uri", "http://127.0.0.1:8001/api#f", "é"):
        assert error_of(spa.authorize(resource=resource)) == "invalid_target"
    known = "http://127.0.0.1:8001/mcp/ledger"
    assert error_of(spa.authorize(resource=[known, "https://elsewhere.test/"])) == "invalid_target"


@pytest.mark.rfc("8707", "2.2")
def test_a_token_is_for_one_of_the_resources_that_were_asked_for(spa: Tool) -> None:
    ledger, cms = (f"http://127.0.0.1:8001/mcp/{name}" for name in ("ledger", "cms"))
    choice = {"capabilities": ["mcp"], "mcp_servers": ["ledger"]}
    tokens = spa.tokens(choice, scope="mcp", resource=[ledger, "HTTP://127.0.0.1:8001/mcp/cms"])
    answer = spa.introspect(tokens["access_token"], "mcp")
    assert answer["aud"] == ledger
    assert not spa.is_active(tokens["access_token"], "api")

    # `cms` was asked for and not ticked: a token for it would be inactive from birth.
    for resource in (cms, "http://127.0.0.1:8001/api", "https://elsewhere.test/", [ledger, cms]):
        refused = spa.refresh(tokens["refresh_token"], resource=resource)
        assert refused.get_json()["error"] == "invalid_target"
    assert spa.refresh(tokens["refresh_token"]).status_code == 200


UNSUPPORTED = {
    "request": ("eyJ.x.y", "request_not_supported"),
    "request_uri": ("https://tool.example/request", "request_uri_not_supported"),
    "response_mode": ("form_post", "invalid_request"),
}


@pytest.mark.rfc("6749", "4.1.2.1")
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_would_be_ignored_without_a_word_is_refused(spa: Tool, name: str) -> None:
    value, error = UNSUPPORTED[name]
    refused = spa.authorize(**{name: value})
    assert error_of(refused) == error
    assert spa.authorize(response_mode="query").location.startswith("/consent/")
    nowhere = spa.authorize(**{name: value, "redirect_uri": "https://evil.example/"})
    assert nowhere.status_code == 400
