"""The catalog, and that a broken one names its line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import parse
from app.domain.errors import Misconfigured
from app.settings import PACKAGE

DEFAULT = (PACKAGE / "catalog.toml").read_text()


def test_the_default_catalog_has_seven_capabilities_and_three_roles() -> None:
    catalog = parse(DEFAULT)
    assert list(catalog.roles) == ["viewer", "editor", "admin"]
    assert list(catalog.capabilities) == [
        "mcp",
        "api",
        "apps:view",
        "apps:admin",
        "flows:edit",
        "secrets:edit",
        "endpoints:access",
    ]
    assert {c.name for c in catalog.capabilities.values() if c.sensitive} == {
        "apps:admin",
        "secrets:edit",
    }


def test_a_template_is_what_a_key_for_one_purpose_may_do() -> None:
    templates = parse(DEFAULT).templates
    assert [*templates] == ["read-only", "ci-deploy", "terraform", "coding-agent"]
    deploy = templates["ci-deploy"]
    assert deploy.capabilities == {"api", "flows:edit"}
    assert deploy.role == "editor"
    told = deploy.example_for(key="mdtk_x", audience="https://as.example/api", project="website")
    assert "Bearer mdtk_x" in told
    assert told.endswith("https://as.example/api/projects/website/flows")
    assert parse(DEFAULT[: DEFAULT.index("[[templates]]")]).templates == {}


BROKEN = [
    ('capabilities = "api apps:view"', 'capabilities = "api nope"', "names of this catalog"),
    ('capabilities = "api apps:view"', "", "names of this catalog"),
    ('role = "viewer"\nexample', 'role = "king"\nexample', "a role of this catalog"),
    ('role = "viewer"\nexample', "example", "a role of this catalog"),
    ('name = "terraform"', 'name = "read-only"', "stands twice"),
    ('name = "editor"', "name = editor", "Invalid value"),
    ('name = "editor"', 'name = "viewer"', "stands twice"),
    ('name = "editor"', "name = 5", "must be text"),
    ('title = "Editor"', "", "'title' is missing"),
    ('title = "Editor"', 'titel = "Editor"', "not a key"),
    ('least_role = "admin"', 'least_role = "king"', "not a role"),
    ('sensitivity = "sensitive"', 'sensitivity = "secret"', "not one of"),
    ('name = "apps:view"', 'name = "apps view"', "cannot be a scope"),
    ('name = "apps:view"', 'name = "audit:read"', "is a scope of administration"),
]


@pytest.mark.parametrize(("good", "bad", "why"), BROKEN, ids=[b[2] for b in BROKEN])
def test_a_broken_catalog_names_the_line(good: str, bad: str, why: str) -> None:
    text = DEFAULT.replace(good, bad, 1)
    line = DEFAULT[: DEFAULT.index(good)].count("\n") + 1
    with pytest.raises(Misconfigured, match=re.escape(why)) as refusal:
        parse(text)
    found = re.search(r"line (\d+)", refusal.value.public)
    assert found
    header = next(n for n in range(line, 0, -1) if text.splitlines()[n - 1].startswith("[["))
    assert int(found[1]) in (line, header)


@pytest.mark.parametrize(
    "text",
    ["", "[[roles]]", "roles = 5", "x = 1", '[roles]\nname = "x"', DEFAULT + "\n[other]\na = 1"],
)
def test_a_catalog_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        parse(text)


CATALOG = parse(DEFAULT)
roles = st.sampled_from([*CATALOG.roles, "king"])


def test_a_role_that_the_catalog_does_not_know_ranks_below_all() -> None:
    assert [CATALOG.rank(role) for role in CATALOG.roles] == [0, 1, 2]
    assert CATALOG.rank(None) == CATALOG.rank("king") == -1


@given(roles, roles)
def test_the_lesser_of_two_roles_ranks_no_higher_than_either(one: str, other: str) -> None:
    lesser = CATALOG.lesser(one, other)
    assert lesser in (one, other)
    assert CATALOG.rank(lesser) == min(CATALOG.rank(one), CATALOG.rank(other))


@given(st.frozensets(st.sampled_from([*CATALOG.capabilities, "nope"])))
def test_capabilities_are_told_in_the_order_of_the_catalog(names: frozenset[str]) -> None:
    found = CATALOG.in_order(names)
    assert set(found) == names - {"nope"}
    assert list(found) == [name for name in CATALOG.capabilities if name in found]
