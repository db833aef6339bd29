"""Names that people, tools and programs choose for themselves."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Invalid
from app.domain.names import MAX_NAME, check_name, check_slug, is_showable


@pytest.mark.parametrize(
    "name",
    ["Flowctl", "Zoë's tool", "日本語", "نامه\u200cها", "👩\u200d💻", "a b", "<script>", "{{7*7}}"],
)
def test_a_name_of_any_script_may_be_shown(name: str) -> None:
    assert is_showable(name)
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        "a\tb",
        "a\x00b",
        "\x7f",
        "\u202etxt.exe",
        "a\u2066b",
        "a\u200bb",
        "\ufeffa",
        "a\u00adb",
        "\u200d",
        "\u200c\u200d",
        "\ud800",
    ],
    ids=ascii,
)
def test_a_name_with_what_cannot_be_seen_is_refused(name: str) -> None:
    assert not is_showable(name)
    with pytest.raises(Invalid):
        check_name(name)


@pytest.mark.parametrize("name", ["", " ", "x" * (MAX_NAME + 1)])
def test_a_name_has_1_to_200_characters(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


def test_the_longest_name_is_taken_and_space_around_it_goes() -> None:
    assert check_name(f"  {'x' * MAX_NAME} ") == "x" * MAX_NAME


@given(st.text(max_size=300))
def test_a_name_that_is_taken_is_one_line_with_something_to_see(text: str) -> None:
    try:
        name = check_name(text)
    except Invalid:
        return
    assert name == name.strip()
    assert len(name.splitlines()) == 1
    assert name.replace("\u200c", "").replace("\u200d", "").isprintable()


@pytest.mark.parametrize("slug", ["a", "0", "payments", "data-2", "a.b_c-d", "x" * 80])
def test_a_slug_may_stand_on_the_wire(slug: str) -> None:
    assert check_slug(slug) == slug


@pytest.mark.parametrize(
    "slug", ["", "A", "a b", "-a", "a-", ".a", "a_", "é", "a/b", "a\n", "x" * 81]
)
def test_what_could_be_read_in_two_ways_is_no_slug(slug: str) -> None:
    with pytest.raises(Invalid):
        check_slug(slug)


@given(st.text(max_size=90))
def test_every_slug_is_of_the_same_few_characters(text: str) -> None:
    with suppress(Invalid):
        assert re.fullmatch(r"[a-z0-9._-]{1,80}", check_slug(text))
