"""Secrets that are replaced while programs use them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.credentials.rotated_secrets import KeptSecret
from app.domain.credentials.secrets import digest

AT = datetime(2026, 11, 28, tzinfo=UTC)
ENDS = AT + timedelta(hours=1)
ROTATED = KeptSecret(digest("new"), digest("old"), ENDS)


@pytest.mark.parametrize(
    ("text", "at", "fits"),
    [
        ("new", AT, True),
        ("new", ENDS, True),
        ("old", AT, True),
        ("old", ENDS - timedelta(microseconds=1), True),
        ("old", ENDS, False),
        ("older", AT, False),
        ("", AT, False),
    ],
)
def test_the_secret_before_counts_until_its_end(text: str, at: datetime, fits: bool) -> None:
    assert ROTATED.fits(text, at) is fits


@pytest.mark.parametrize(
    "kept", [KeptSecret(None), KeptSecret(None, None, ENDS), KeptSecret(digest("new"), digest("x"))]
)
def test_nothing_else_fits(kept: KeptSecret) -> None:
    assert not kept.fits("", AT)
    assert not kept.fits("x", AT)
    assert kept.overlap_ends_at(AT) is None


def test_an_overlap_has_an_end_while_it_runs() -> None:
    assert ROTATED.overlap_ends_at(AT) == ENDS
    assert ROTATED.overlap_ends_at(ENDS) is None
