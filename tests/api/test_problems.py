"""Whatever is wrong is told as a problem that names it; nothing is a 5xx, nothing is ignored."""

from __future__ import annotations

import pytest

from tests.drivers.account import API, Account, problem
from tests.drivers.world import World


@pytest.fixture
def account(lone_world: World) -> Account:
    """An account that may do everything."""
    return Account(lone_world)


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"{", "application/json", "not JSON"),
        (b"[]", "application/json", "not a JSON object"),
        (b"null", "application/json", "not a JSON object"),
        (b"\xff\xfe", "application/json", "not JSON"),
        (b"[" * 100_000, "application/json", "not JSON"),
        (b'{"slug":"a","slug":"b","name":"b"}', "application/json", "'slug'"),
        (b"slug=a&name=b", "application/x-www-form-urlencoded", "must be application/json"),
        (b'{"slug":"a","name":"b"}', "text/plain", "must be application/json"),
        (b"", "application/json", "slug: Field required."),
        (b'{"slug":"a"}', "application/json", "name: Field required."),
        (b'{"slug":"a","name":"b","owner":"c"}', "application/json", "owner: Extra inputs"),
        (b'{"slug":5,"name":"b"}', "application/json", "slug: Input should be a valid string."),
        (b'{"slug":"a","name":"\\ud800"}', "application/json", ""),
        (b'{"slug":"A B","name":"b"}', "application/json", "A B"),
        (b'{"slug":"\\u0000","name":"b"}', "application/json", ""),
    ],
)
def test_a_wrong_body_is_refused_by_name(
    account: Account, body: bytes, kind: str, sentence: str
) -> None:
    response = account.call("POST", "/projects", data=body, content_type=kind)
    status, detail = problem(response)
    assert status == 400, detail
    assert sentence in detail


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit: Input should be greater than or equal to 1."),
        ("limit=501", "limit: Input should be less than or equal to 500."),
        ("limit=x", "limit"),
        ("page=2", "page: Extra inputs are not permitted."),
        ("cursor=", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=WzFd", "cursor: it is none of this list."),
        ("cursor=WyJhIiwiYiJd", "cursor: it is none of this list."),
        ("cursor=" + "a" * 3_000, "cursor"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(account: Account, query: str, sentence: str) -> None:
    status, detail = problem(account.call("GET", f"/users?{query}"))
    assert status == 400
    assert sentence in detail


@pytest.mark.parametrize(
    "query", ["since=yesterday", "since=2026-01-01T00:00:00", "cursor=WyJ4Il0"]
)
def test_a_wrong_question_to_the_audit_log_is_refused(account: Account, query: str) -> None:
    assert problem(account.call("GET", f"/audit-events?{query}"))[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("DELETE", "/users", 405),
        ("GET", "/users/%00", 404),
        ("GET", "/users/%F0%9F%92%A9", 404),
        ("GET", "/projects/%ff", 404),
        ("GET", "/authorizations/" + "a" * 3_000, 404),
        ("POST", "/authorizations/%00/revoke", 404),
        ("POST", "/clients/%e2%82%ac/disable", 404),
        ("DELETE", "/mcp-servers/%00", 404),
        ("POST", "/resource-servers/%00/disable", 404),
    ],
)
def test_an_address_of_nothing_is_a_problem(
    account: Account, method: str, path: str, status: int
) -> None:
    assert problem(account.call(method, path))[0] == status


def test_a_body_that_is_too_large_is_refused(account: Account) -> None:
    body = b'{"members": [' + b" " * 3_000_000 + b"]}"
    refused = account.call(
        "PUT", "/projects/payments/members", data=body, content_type="application/json"
    )
    assert problem(refused)[0] == 413


def test_nobody_learns_of_a_body_before_being_known(lone_world: World) -> None:
    response = lone_world.app.test_client().post(f"{API}/projects", data=b"{")
    assert problem(response)[0] == 401
