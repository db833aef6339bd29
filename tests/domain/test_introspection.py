"""The decision on a token: for whom it is active, with what access, and what is noted of a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import parse
from app.domain.delegation.access import Permissions, RoleTerm, Terms, effective_access
from app.domain.delegation.usage import Use
from app.domain.introspection import MAX_NOTED, UNKNOWN, Call, Credential, Resolution, resolve
from app.settings import read_catalog

CATALOG = read_catalog(None)
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
API = "https://api.example.com"
MCP_HOST = "https://mcp.example.com"
LEDGER = f"{MCP_HOST}/ledger"
TERMS = Terms(
    capabilities=frozenset({"mcp", "api", "flows:edit"}),
    projects={"pay": RoleTerm("editor")},
    mcp_servers={"ledger": None},
    expires_at=AT + timedelta(days=1),
)
NOW = Permissions({"pay": "editor"}, {"ledger": "pay"})
TOKEN = Credential(
    id="tok_1",
    session="abc",
    audience=API,
    mcp_server=None,
    narrowed_to=None,
    issued_at=AT - timedelta(minutes=1),
    expires_at=AT + timedelta(minutes=5),
    authorization_id="aut_1",
    authorization_version=3,
    user_id="usr_1",
    email="ada@example.com",
    client_id="cli_1",
    terms=TERMS,
    permissions=NOW,
    urls={"ledger": LEDGER},
)
LEDGER_TOKEN = replace(TOKEN, audience=LEDGER, mcp_server="ledger")
KEY = replace(TOKEN, audience=None, client_id=None, expires_at=None)


def ask(
    credential: Credential | None,
    call: Call | None = None,
    *,
    called: frozenset[str] = frozenset(),
    is_wide: bool = False,
    audience: str = API,
    at: datetime = AT,
) -> Resolution:
    return resolve(
        credential,
        call or Call(),
        called=called,
        is_wide=is_wide,
        audience=audience,
        catalog=CATALOG,
        at=at,
    )


def test_a_token_is_active_with_its_effective_access() -> None:
    found = ask(TOKEN).active
    assert found is not None
    assert found.access == effective_access(TERMS, NOW, catalog=CATALOG, at=AT)
    assert found.audience == API
    assert found.expires_at == TOKEN.expires_at
    assert (found.authorization_id, found.authorization_version) == ("aut_1", 3)


def test_it_ends_with_its_authorization_when_that_comes_first() -> None:
    soon = AT + timedelta(minutes=1)
    found = ask(replace(TOKEN, terms=replace(TERMS, expires_at=soon))).active
    assert found is not None
    assert found.expires_at == soon


def test_what_is_unknown_or_over_by_its_own_life_leaves_nothing_to_note() -> None:
    assert ask(None) == UNKNOWN
    assert TOKEN.expires_at is not None
    assert ask(TOKEN, at=TOKEN.expires_at) == UNKNOWN
    assert ask(TOKEN, at=TOKEN.expires_at - timedelta(microseconds=1)).active is not None


@pytest.mark.parametrize(
    "credential",
    [
        replace(TOKEN, terms=replace(TERMS, paused=True)),
        replace(TOKEN, terms=replace(TERMS, expires_at=AT)),
        replace(TOKEN, permissions=replace(NOW, active=False)),
    ],
    ids=["paused", "authorization expired", "user disabled"],
)
def test_a_call_after_the_end_of_what_is_behind_it_is_a_refusal_to_note(
    credential: Credential,
) -> None:
    found = ask(credential, Call(capabilities=("api",)))
    assert found.active is None
    assert found.refused
    assert found.uses == (Use("api", ""),)
    assert found.lacking == ()
    assert (found.authorization_id, found.session) == ("aut_1", "abc")


@pytest.mark.parametrize(
    ("credential", "audience", "resource", "active"),
    [
        (TOKEN, API, None, True),
        (TOKEN, API, f"{API}/v1/flows", True),
        (TOKEN, "https://other.example.com", None, False),
        (TOKEN, API, "https://other.example.com", False),
        (TOKEN, API, "not a uri", False),
        (LEDGER_TOKEN, MCP_HOST, LEDGER, True),
        (LEDGER_TOKEN, MCP_HOST, f"{MCP_HOST}/website", False),
        (LEDGER_TOKEN, API, None, False),
        (KEY, API, None, True),
        (KEY, API, f"{API}/v1", True),
        (KEY, API, "https://other.example.com", False),
    ],
)
def test_it_is_active_only_where_it_is_addressed(
    credential: Credential, audience: str, resource: str | None, *, active: bool
) -> None:
    found = ask(credential, Call(resource=resource), audience=audience)
    assert (found.active is not None) == active


def test_a_key_answers_with_what_was_called_as_its_audience() -> None:
    named = ask(KEY, Call(resource=f"{API}/v1")).active
    unnamed = ask(KEY).active
    assert named is not None
    assert unnamed is not None
    assert (named.audience, unnamed.audience) == (f"{API}/v1", API)


@pytest.mark.parametrize(
    "lost", ["not in the terms", "no role in its project", "no capability mcp"]
)
def test_an_mcp_server_outside_the_access_makes_it_inactive(lost: str) -> None:
    terms, now = TERMS, NOW
    if lost == "not in the terms":
        terms = replace(TERMS, mcp_servers={})
    elif lost == "no role in its project":
        now = replace(NOW, roles={})
    else:
        terms = replace(TERMS, capabilities=TERMS.capabilities - {"mcp"})
    for credential in (LEDGER_TOKEN, replace(KEY, session="key_1")):
        held = replace(credential, terms=terms, permissions=now)
        call = Call(resource=LEDGER)
        found = ask(held, call, called=frozenset({"ledger"}), audience=MCP_HOST)
        assert found.active is None
        assert found.uses == (Use("mcp", "", "ledger"),)


def test_below_a_gateway_an_address_of_no_server_is_refused() -> None:
    call = Call(resource=f"{MCP_HOST}/nothing")
    assert ask(KEY, call, is_wide=True, audience=MCP_HOST).active is None
    assert ask(KEY, call, is_wide=False, audience=MCP_HOST).active is not None
    assert ask(KEY, is_wide=True, audience=MCP_HOST).active is not None


def test_only_known_names_are_noted_and_each_once() -> None:
    found = ask(TOKEN, Call(capabilities=("api", "nonsense", "api", "flows:edit"), project="pay"))
    assert found.uses == (Use("api", "pay"), Use("flows:edit", "pay"))
    assert ask(TOKEN, Call(project="nowhere")).uses == (Use("", ""),)


def test_as_many_capabilities_are_noted_as_have_room_and_all_are_looked_at() -> None:
    many = "".join(
        f'[[capabilities]]\nname = "c{n}"\ntitle = "c"\ndescription = "x"\n' for n in range(40)
    )
    catalog = parse('[[roles]]\nname = "r"\ntitle = "r"\ndescription = "x"\n' + many)
    names = tuple(catalog.capabilities)
    held = replace(TOKEN, terms=replace(TERMS, capabilities=frozenset(names[:-1])))
    found = resolve(
        held,
        Call(capabilities=names),
        called=frozenset(),
        is_wide=False,
        audience=API,
        catalog=catalog,
        at=AT,
    )
    assert len(found.uses) == MAX_NOTED
    assert found.lacking == (Use(names[-1]),)


@pytest.mark.parametrize(
    ("call", "lacking"),
    [
        (Call(), ()),
        (Call(capabilities=("api", "flows:edit", "api"), project="pay"), ()),
        (Call(capabilities=("api", "secrets:edit"), project="pay"), (Use("secrets:edit", "pay"),)),
        (Call(capabilities=("api", "x", "y")), (Use("x"),)),
        (Call(project="nowhere"), (Use("", "nowhere"),)),
        (Call(capabilities=("api",), project="nowhere"), (Use("api", "nowhere"),)),
    ],
)
def test_a_call_beyond_the_access_is_refused_though_the_token_is_active(
    call: Call, lacking: tuple[Use, ...]
) -> None:
    found = ask(TOKEN, call)
    assert found.active is not None
    assert found.lacking == lacking
    assert found.refused is bool(lacking)


CALLS = st.builds(
    Call,
    st.none() | st.just(f"{API}/v1"),
    st.lists(st.sampled_from([*CATALOG.capabilities, "nonsense"]), max_size=5).map(tuple),
    st.sampled_from(["", "pay", "nowhere"]),
)


@given(CALLS, st.none() | st.frozensets(st.sampled_from(sorted(CATALOG.capabilities))))
def test_something_is_lacking_exactly_when_an_active_call_is_not_allowed(
    call: Call, narrowed_to: frozenset[str] | None
) -> None:
    found = ask(replace(TOKEN, narrowed_to=narrowed_to), call)
    assert found.active is not None
    project = call.project or None
    allowed = all(found.active.access.allows(name, project) for name in call.capabilities)
    there = found.active.access.allows(None, project)
    assert (found.lacking == ()) is (allowed and there)
    assert found.refused is (found.lacking != ())


SCOPES = st.none() | st.frozensets(st.sampled_from(sorted(CATALOG.capabilities)))
SERVERS = st.frozensets(st.sampled_from(("ledger", "website", "search")))


@given(SCOPES, SERVERS, st.booleans(), st.booleans())
def test_an_active_answer_never_exceeds_the_decision(
    narrowed_to: frozenset[str] | None, called: frozenset[str], is_wide: bool, is_key: bool
) -> None:
    credential = replace(KEY if is_key else TOKEN, narrowed_to=narrowed_to)
    found = ask(credential, called=called, is_wide=is_wide).active
    whole = effective_access(TERMS, NOW, catalog=CATALOG, at=AT)
    if found is not None:
        assert set(found.access.capabilities) <= set(whole.capabilities)
        assert narrowed_to is None or set(found.access.capabilities) <= narrowed_to
        assert called <= set(found.access.mcp_servers)


@given(SERVERS, SERVERS)
def test_a_further_server_that_is_called_never_makes_a_token_active(
    called: frozenset[str], more: frozenset[str]
) -> None:
    if ask(TOKEN, called=called).active is None:
        assert ask(TOKEN, called=called | more).active is None
