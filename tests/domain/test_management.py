"""The scopes of administration."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalog import parse
from app.domain.errors import Invalid, ScopeRejected
from app.domain.management import (
    SENTENCES,
    AdminScope,
    account_scopes,
    in_order,
    token_scopes,
)
from app.settings import PACKAGE

SCOPES = st.frozensets(st.sampled_from(AdminScope), min_size=1)


@given(SCOPES)
def test_a_token_without_a_wish_has_all_of_its_account(own: frozenset[AdminScope]) -> None:
    assert token_scopes("", own) == own == account_scopes([*own])


@given(SCOPES, SCOPES)
def test_a_token_never_has_more_than_its_account(
    own: frozenset[AdminScope], asked: frozenset[AdminScope]
) -> None:
    text = " ".join(in_order(asked))
    if asked <= own:
        assert token_scopes(text, own) == asked
    else:
        with pytest.raises(ScopeRejected, match="does not have the scope"):
            token_scopes(text, own)


@pytest.mark.parametrize(
    ("names", "reason"), [([], "at least one"), (["api"], "'api' is not one of directory:read")]
)
def test_an_account_has_known_scopes_and_one_at_least(names: list[str], reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        account_scopes(names)


def test_each_scope_has_a_sentence_and_is_no_capability() -> None:
    catalog = parse((PACKAGE / "catalog.toml").read_text())
    assert set(SENTENCES) == set(AdminScope)
    assert not {scope.value for scope in AdminScope} & set(catalog.capabilities)
