"""Lists in sentences."""

from __future__ import annotations

from app.domain.sentences.lists import listed


def test_lists_stay_short() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([str(n) for n in range(9)]) == "0, 1, 2 and 6 more"
