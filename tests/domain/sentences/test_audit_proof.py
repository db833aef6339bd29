"""Each fault of the audit log has a sentence."""

from __future__ import annotations

import pytest

from app.domain.audit_findings import Fault, Finding
from app.domain.sentences.audit_proof import counts_text, finding_text


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_told_with_what_it_is_about(fault: Fault) -> None:
    finding = Finding(fault, event=11, segment=4, moved_from=7, key="abc")
    told = finding_text(
        finding if fault.startswith("event") else Finding(fault, segment=4, key="k")
    )
    assert ("11" if fault.startswith("event") else "4") in told
    assert "None" not in told
    assert told.endswith(".")
    assert counts_text({fault: 1_234}).startswith("1,234 ")


def test_one_and_many_have_their_forms() -> None:
    one, many = (Finding(Fault.SEGMENT_MISSING, segment=2, until=until) for until in (2, 5))
    assert finding_text(one) == "Segment 2 is missing from the chain."
    assert finding_text(many) == "Segments 2 to 5 are missing from the chain."
    moved = Finding(Fault.MOVED, event=5, moved_from=9)
    assert finding_text(moved) == "Event 5 was reordered: it was event 9."


def test_counts_stand_in_one_order() -> None:
    counts = {Fault.HEAD_MISSING: 1, Fault.EDITED: 2}
    assert counts_text(counts) == "2 edited, 1 truncated"
