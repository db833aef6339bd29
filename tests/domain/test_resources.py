"""Resources: absolute URIs, compared by what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.resources import (
    MAX_DEPTH,
    MAX_LENGTH,
    as_registered,
    canonical,
    covers,
    distinct,
    is_ambiguous,
    is_resource_uri,
    lookup_keys,
    root_of,
)


@pytest.mark.parametrize(
    ("audience", "resource", "within"),
    [
        ("https://x/mcp", "https://x/mcp", True),
        ("https://x/mcp", "https://x/mcp/a", True),
        ("https://x/mcp/", "https://x/mcp/a", True),
        ("https://x/mcp", "https://x/mcpa", False),
        ("https://x/mcp", "https://x/", False),
        ("https://x", "https://x/a", True),
        ("https://x", "https://xy/a", False),
        ("https://x/mcp", "http://x/mcp", False),
        ("https://x:443/mcp", "HTTPS://X/mcp", True),
        ("https://x/mcp", "https://x:8443/mcp", False),
        ("https://x/mcp", "https://x/mcp/../api", False),
        ("https://x/mcp", "https://x/mcp/%2E%2e/api", False),
        ("https://x/mcp?a", "https://x/mcp?a/b", False),
    ],
)
def test_a_resource_lies_within_an_audience_or_not(
    audience: str, resource: str, within: bool
) -> None:
    assert covers(audience, resource) is within


def test_resources_are_absolute_uris() -> None:
    assert is_resource_uri("https://[::1]:8000/a?b")
    assert is_resource_uri("https://x" + "/a" * MAX_DEPTH)
    assert is_resource_uri("https://x/" + "a" * (MAX_LENGTH - 10))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "https://",
        "https://x/#",
        "ftp://x/",
        "https://u@x/",
        "https://x/é",
        "https://x:y/",
        "https://x:99999/",
        "https://x/ ",
        "https://x/\n",
        "https://x/{id}",
        "https://x" + "/a" * (MAX_DEPTH + 1),
        "https://x/" + "a" * (MAX_LENGTH - 9),
    ],
)
def test_a_fragment_a_user_or_another_character_makes_no_resource(text: str) -> None:
    assert not is_resource_uri(text)


@pytest.mark.parametrize(
    ("uri", "compared", "registered"),
    [
        ("HTTPS://EXAMPLE.org:443", "https://example.org/", "https://example.org"),
        ("http://[::1]:80/a", "http://[::1]/a", "http://[::1]/a"),
        ("https://x/A/", "https://x/A", "https://x/A/"),
        ("https://X:8443/?q", "https://x:8443/?q", "https://x:8443/?q"),
    ],
)
def test_uris_are_compared_and_registered_in_a_form_of_their_own(
    uri: str, compared: str, registered: str
) -> None:
    assert canonical(uri) == compared
    assert as_registered(uri) == registered


steps = st.lists(st.sampled_from(["a", "b", "A", "mcp"]), max_size=4).map("/".join)
uris = st.builds(
    "{}://{}{}/{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["x", "X", "y.example"]),
    st.sampled_from(["", ":80", ":443", ":8443"]),
    steps,
    st.sampled_from(["", "/", "?q=1"]),
)


@given(uris)
def test_the_form_that_is_compared_is_final(uri: str) -> None:
    assert canonical(canonical(uri)) == canonical(uri) == canonical(as_registered(uri))
    assert covers(uri, uri)


@given(uris, uris, uris)
def test_what_lies_within_what_lies_within_lies_within(one: str, two: str, three: str) -> None:
    if covers(one, two) and covers(two, three):
        assert covers(one, three)


@given(uris, steps)
def test_nothing_of_another_origin_lies_within(uri: str, path: str) -> None:
    for other in ("https://evil.example/", "https://x.evil.example/", "http://x@evil.example/"):
        assert not covers(uri, other + path)


@pytest.mark.parametrize(
    ("uri", "ambiguous"),
    [
        ("https://x/a/b", False),
        ("https://x/a?b=../c", False),
        ("https://x/a/../b", True),
        ("https://x/./b", True),
        ("https://x/a//b", True),
        ("https://x/a%2Fb", True),
        ("https://x/a%2e", True),
        ("https://x/a;b", True),
        ("https://x/a%00", True),
    ],
)
def test_a_path_that_two_servers_could_read_differently_is_ambiguous(
    uri: str, ambiguous: bool
) -> None:
    assert is_ambiguous(uri) is ambiguous


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("HTTPS://X/a/?q=/b", ("https://x/a?q=/b", "https://x/a")),
        ("https://x//a//b/", ("https://x//a//b", "https://x/a/b")),
        ("https://x", ("https://x/", "https://x/")),
        ("https://x/#f", ("", "")),
        ("nonsense", ("", "")),
    ],
)
def test_mcp_servers_are_looked_up_by_the_resource_and_the_path_above_it(
    uri: str, found: tuple[str, str]
) -> None:
    assert lookup_keys(uri) == found


def test_spellings_of_one_resource_count_once() -> None:
    one, other = "https://x.example/a", "https://x.example/b"
    assert distinct([one, f"{one}/", "HTTPS://X.example:443/a", other, one]) == [one, other]
    assert distinct(["no uri", "no uri", "http://[", "http://x:99999"]) == [
        "no uri",
        "http://[",
        "http://x:99999",
    ]
    assert distinct([]) == []


@pytest.mark.parametrize(
    ("uri", "root"),
    [
        ("https://X.example:443/a/b?c", "https://x.example/"),
        ("http://127.0.0.1:8001/api", "http://127.0.0.1:8001/"),
        ("https://x.example", "https://x.example/"),
        ("http://[::1]:80/a", "http://[::1]/"),
    ],
)
def test_the_root_of_a_resource_is_its_host(uri: str, root: str) -> None:
    assert root_of(uri) == root
