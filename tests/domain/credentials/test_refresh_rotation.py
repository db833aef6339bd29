"""Rotation: what a presented refresh token is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.credentials.refresh_rotation import Presented, RotationState, judge
from app.domain.credentials.secrets import digest, new_refresh_token

SESSION = "a1B2c3D4e5F"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_rotation_judges_what_is_presented() -> None:
    old, before, now = (new_refresh_token(SESSION, "key") for _ in range(3))
    state = RotationState("key", digest(now), digest(before), AT)

    def seen(text: str, grace: int = 10, seconds: float = 5) -> Presented:
        return judge(text, state, grace=grace, at=AT + timedelta(seconds=seconds))

    assert seen(now) is Presented.CURRENT
    assert seen(before) is Presented.PREVIOUS_WITHIN_GRACE
    assert seen(before, seconds=10) is Presented.REPLAY
    assert seen(before, grace=0, seconds=0) is Presented.REPLAY, "0 is strict"
    assert seen(old) is Presented.REPLAY
    assert seen(new_refresh_token(SESSION, "made up")) is Presented.FORGED
    assert judge(now, RotationState("key", None, None, None), grace=10, at=AT) is Presented.REPLAY


@pytest.mark.requirement("RT-04")
@pytest.mark.parametrize(
    ("milliseconds", "found"),
    [
        (0, Presented.PREVIOUS_WITHIN_GRACE),
        (9_999, Presented.PREVIOUS_WITHIN_GRACE),
        (10_000, Presented.REPLAY),
        (86_400_000, Presented.REPLAY),
    ],
)
def test_the_token_before_is_shielded_until_the_grace_is_over(
    milliseconds: int, found: Presented
) -> None:
    before, now = (new_refresh_token(SESSION, "key") for _ in range(2))
    state = RotationState("key", digest(now), digest(before), AT)
    at = AT + timedelta(milliseconds=milliseconds)
    assert judge(before, state, grace=10, at=at) is found
    assert judge(now, state, grace=10, at=at) is Presented.CURRENT


@pytest.mark.parametrize("text", ["", "x", "mdtr_", "mdtr_" + "0" * 49, "mdtk_" + "0" * 49])
def test_a_text_that_was_never_issued_is_no_replay(text: str) -> None:
    state = RotationState("key", digest(text), digest(text), AT)
    assert judge(text, state, grace=10, at=AT) is Presented.FORGED
