"""What client metadata says for people to see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.clients.shown_metadata import TEXTS, URLS, name_of, shown
from app.domain.errors import MetadataRefused
from app.domain.json_values import Members
from app.domain.names import MAX_NAME, is_showable

anything = st.recursive(
    st.sampled_from([None, True, 5, 1.5, "", "x", "native", "data:x", "/x", "https://x.example/"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("a"), inner),
    max_leaves=3,
)
names = st.sampled_from([*URLS, *TEXTS, "contacts", "application_type"])


@given(st.dictionaries(names, anything))
def test_whatever_is_said_for_show_is_taken_or_left_out(said: dict[str, object]) -> None:
    found = shown(Members.of(said))
    assert {name: said[name] for name in found} == found
    assert all(str(found[name]).startswith("http") for name in URLS if name in found)


@given(st.text("aé \n\t\x00\u200d\u202e\u05d0", max_size=300))
def test_a_name_is_showable_and_fits_or_is_refused(name: str) -> None:
    try:
        found = name_of(Members.of({"client_name": name}), ("https://x.example/cb",))
    except MetadataRefused:
        return
    assert 0 < len(found) <= MAX_NAME
    assert is_showable(found)


@pytest.mark.parametrize("name", [5, [], {}, True, "a\u202eb", "\u200d\u200c"])
def test_a_name_that_misleads_or_is_no_text_is_refused(name: object) -> None:
    with pytest.raises(MetadataRefused):
        name_of(Members.of({"client_name": name}), ())


def test_a_client_without_a_name_is_named_after_its_place() -> None:
    assert name_of(Members.of({}), ("https://x.example/cb",)) == "A tool at x.example"
    assert name_of(Members.of({"client_name": " "}), ()) == "A tool without a name"
