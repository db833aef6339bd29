"""JSON from outside: what a column cannot hold is refused, a member has its type or is absent."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import MetadataRefused
from app.domain.json_values import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, Members, parsed

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-(10**16), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_a_good_value_comes_out_as_it_went_in(value: object) -> None:
    if depth_of(value) <= MAX_DEPTH:
        assert parsed(json.dumps(value).encode()) == value
        assert parsed(json.dumps(value, ensure_ascii=False).encode()) == value


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return 1 + max((depth_of(member) for member in value), default=0)
    return 1


@given(st.binary(max_size=40))
def test_bytes_are_a_value_or_refused_and_never_another_error(raw: bytes) -> None:
    with suppress(MetadataRefused):
        json.dumps(parsed(raw), allow_nan=False).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"{",
        b"{} {}",
        b"\xff",
        '{"a": "é"}'.encode("latin-1"),
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b"1e999",
        b"[-1e999]",
        b"1" * 19,
        b"-" + b"1" * 18,
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'{"a": 1, "a": 1}',
        b'{"x": [{"a": 1, "b": 2, "\\u0061": null}]}',
        b"[" * 100_000,
        b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH,
        b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_what_no_column_takes_is_refused(raw: bytes) -> None:
    with pytest.raises(MetadataRefused):
        parsed(raw)


def test_the_largest_number_and_the_deepest_nesting_are_taken() -> None:
    assert parsed(b"9" * 18) == 10**18 - 1
    deep = MAX_DEPTH - 1
    assert parsed(b"[" * deep + b"1" + b"]" * deep)


@pytest.mark.parametrize("value", [None, [], "x", 5, True])
def test_only_an_object_has_members(value: object) -> None:
    with pytest.raises(MetadataRefused):
        Members.of(value)


def test_null_is_absent() -> None:
    members = Members.of({"a": None, "b": ""})
    assert not members.has("a")
    assert members.has("b")
    assert (members.text("a"), members.texts("a"), members.object("a")) == (None, None, None)


def test_a_member_of_its_type_is_given() -> None:
    members = Members.of({"text": "x", "texts": ["x", "y"], "object": {"x": 1}, "none": []})
    assert members.text("text") == "x"
    assert members.texts("texts") == ("x", "y")
    assert members.texts("none") == ()
    assert members.object("object") == {"x": 1}


@pytest.mark.parametrize("value", [5, True, [], {}, "x" * (MAX_TEXT + 1)])
def test_what_is_no_text_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(MetadataRefused, match=r"^member must be a string"):
        Members.of({"member": value}).text("member")


@pytest.mark.parametrize(
    "value", ["x", {}, 5, [5], ["x", None], ["x" * (MAX_TEXT + 1)], ["x"] * (MAX_ITEMS + 1)]
)
def test_what_is_no_list_of_texts_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(MetadataRefused, match=r"^member must be a list"):
        Members.of({"member": value}).texts("member")


@pytest.mark.parametrize("value", ["x", [], 5, False])
def test_what_is_no_object_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(MetadataRefused, match=r"^member must be an object"):
        Members.of({"member": value}).object("member")


def test_a_text_and_a_list_may_be_as_long_as_the_bounds() -> None:
    members = Members.of({"text": "x" * MAX_TEXT, "texts": ["x" * MAX_TEXT] * MAX_ITEMS})
    assert members.text("text") == "x" * MAX_TEXT
    assert len(members.texts("texts") or ()) == MAX_ITEMS
