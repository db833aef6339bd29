"""The past in sentences."""

from __future__ import annotations

import pytest

from app.domain.sentences.history import event_text


@pytest.mark.parametrize(
    ("kind", "detail", "text"),
    [
        (
            "authorization.approved",
            {"widened": ["api"], "narrowed": ["time after x"]},
            "Created. Adds api.",
        ),
        (
            "authorization.edited",
            {"widened": [], "narrowed": ["mcp"], "name": "New"},
            "Edited. Renamed to New. Takes away mcp.",
        ),
        ("authorization.edited", {"name": "New"}, "Edited. Renamed to New."),
        ("authorization.paused", {}, "Paused."),
        ("api_key.rotated", {"overlap": 3600}, "Rotated; the old text lives 1 hour more."),
        ("api_key.rotated", {"overlap": 0}, "Rotated; the old text stopped at once."),
        (
            "session.ended",
            {"reason": "the code was replayed"},
            "A session ended. Why: the code was replayed.",
        ),
        ("authorization.choice_refused", {"problems": ["No."]}, "A change was refused. No."),
        ("odd.kind", {}, "odd.kind"),
    ],
)
def test_the_past_is_told_in_sentences(kind: str, detail: dict[str, object], text: str) -> None:
    assert event_text(kind, detail, is_first=True) == text


def test_a_later_approval_is_no_creation() -> None:
    text = event_text("authorization.approved", {"narrowed": ["mcp"]}, is_first=False)
    assert text == "Approved again. Takes away mcp."
