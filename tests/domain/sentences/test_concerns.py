"""What a list says of what should be looked at."""

from __future__ import annotations

import pytest

from app.domain.sentences.concerns import refused_text
from tests.drivers.terms import AT


@pytest.mark.parametrize(("calls", "words"), [(1, "1 call"), (12, "12 calls")])
def test_refused_calls_are_counted(calls: int, words: str) -> None:
    said = f"was refused {words}, the last on 22 Nov 2026, 12:00 UTC."
    assert refused_text(calls, AT) == said
