"""The ledger of a client: what it holds when the client is cut off, and what follows from it."""

from __future__ import annotations

from pathlib import Path

from app.domain.credentials.secrets import Prefix, new_secret
from tests.bench.faults.families import families
from tests.bench.faults.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Ledger, entries
from tests.bench.faults.tally import Tally


def issued() -> dict[str, str]:
    return {
        "access_token": new_secret(Prefix.ACCESS_TOKEN),
        "refresh_token": new_secret(Prefix.REFRESH_TOKEN),
    }


def test_an_intent_without_an_outcome_is_unknown(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.intend("exchange", code="one")
    [entry] = entries(tmp_path / "ledger")
    assert (entry.result, entry.unknowns) == (UNKNOWN, 0)
    ledger.close()


def test_an_outcome_that_became_known_counts_and_its_failures_are_remembered(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    number = ledger.intend("refresh", token="one")
    ledger.conclude(number, UNKNOWN)
    ledger.conclude(number, UNKNOWN)
    ledger.conclude(number, ACKNOWLEDGED, access_token="a")
    [entry] = entries(tmp_path / "ledger")
    assert (entry.result, entry.unknowns) == (ACKNOWLEDGED, 2)
    assert entry.outcome == {"access_token": "a"}
    ledger.close()


def test_what_follows_an_exchange_belongs_to_its_session(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    first, second = issued(), issued()
    ledger.conclude(ledger.intend("exchange", code="one"), ACKNOWLEDGED, **first)
    ledger.conclude(ledger.intend("refresh", token="x"), ACKNOWLEDGED, **second)
    ledger.conclude(ledger.intend("revocation", token=first["access_token"]), ACKNOWLEDGED)
    ledger.conclude(ledger.intend("exchange", code="two"), REFUSED, status=400)
    one, two = families([tmp_path / "ledger"])
    assert one.tokens == 4
    assert not one.must_be_active(first["access_token"])
    assert one.must_be_active(second["access_token"])
    assert two.tokens == 0
    assert two.refused[0].outcome == {"status": 400}
    ledger.close()


def test_a_revoked_refresh_token_ends_all_of_its_session(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    tokens = issued()
    ledger.conclude(ledger.intend("exchange", code="one"), ACKNOWLEDGED, **tokens)
    ledger.conclude(ledger.intend("revocation", token=tokens["refresh_token"]), ACKNOWLEDGED)
    [family] = families([tmp_path / "ledger"])
    assert family.is_ended
    assert not family.must_be_active(tokens["access_token"])
    ledger.close()


def test_a_tally_speaks_in_words_and_is_bad_when_anything_was_lost() -> None:
    tally = Tally(tokens=12_418, revocations=3_102, edits=941, health_p99=9.2)
    assert tally.is_good
    assert tally.words().startswith(
        "0 of 12,418 tokens lost, 0 of 3,102 revocations undone, 0 of 941 edits forgotten, "
    )
    assert "/healthz p99 9 ms" in tally.words()
    for name in ("lost", "undone", "forgotten", "unresolved", "double_families", "slow"):
        bad = Tally()
        setattr(bad, name, 1)
        assert not bad.is_good, name
    assert not Tally(complaints=["why"]).is_good
    assert Tally(complaints=["why"]).words().endswith("WRONG: why")
