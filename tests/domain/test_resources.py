"""Resources: absolute URIs, compared by what they mean."""

from __future__ import annotations

import pytest

from app.domain.resources import canonical, covers, is_resource_uri


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


def test_resources_are_absolute_uris_without_fragment() -> None:
    assert is_resource_uri("https://[::1]:8000/a?b")
    assert canonical("HTTPS://EXAMPLE.org:443") == "https://example.org/"
    assert canonical("http://[::1]:80/a") == "http://[::1]/a"
    for text in (
        "",
        "x",
        "https://",
        "https://x/#",
        "ftp://x/",
        "https://u@x/",
        "https://x/é",
        "https://x:y/",
        "https://x/ ",
    ):
        assert not is_resource_uri(text)
