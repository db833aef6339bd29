"""What the names in a scope mean."""

from __future__ import annotations

import pytest

from app.domain.clients.scopes import IGNORED, capabilities_of, listed, meant
from app.domain.errors import ScopeRejected

KNOWN = ("api", "flows:edit")


def test_names_that_mean_nothing_fall_out() -> None:
    everything = " ".join(IGNORED)
    assert meant(f"api {everything} other", KNOWN) == {"api", "other"}
    assert capabilities_of(f"api {everything}", KNOWN) == {"api"}
    assert capabilities_of(everything, KNOWN) == capabilities_of(" ", KNOWN) == frozenset()


def test_a_capability_of_the_catalog_always_means_something() -> None:
    assert capabilities_of("email openid", (*KNOWN, "email")) == {"email"}
    assert meant("email openid", (*KNOWN, "email")) == {"email"}


def test_an_unknown_name_is_refused_by_name() -> None:
    with pytest.raises(ScopeRejected, match=r"^Unknown scope: a, b\.$"):
        capabilities_of("b api a openid", KNOWN)


def test_names_are_listed_in_allowed_characters_and_not_without_end() -> None:
    assert listed(['a"\\é', "b" * 100]) == "a???, " + "b" * 80
    assert listed(str(n) for n in range(9)) == "0, 1, 2, 3, 4"
