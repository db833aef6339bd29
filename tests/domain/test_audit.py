"""The names of what is recorded."""

from __future__ import annotations

import re

import pytest

from app.domain.audit import AuditKind

FORM = re.compile(r"[a-z]+(?:_[a-z]+)*\.(?:[a-z]+_)*(?:[a-z]+ed|(?:re)?set)(?:_in|_out)?")


@pytest.mark.parametrize("kind", AuditKind)
def test_a_kind_is_a_noun_and_what_happened_to_it(kind: AuditKind) -> None:
    assert FORM.fullmatch(kind)
    assert str(kind) == kind.value


def test_no_two_kinds_have_one_name() -> None:
    assert len(AuditKind.__members__) == len(set(AuditKind))
