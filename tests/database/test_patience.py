"""How long the database is waited for: a span for a request, another for everything else."""

from __future__ import annotations

import threading

from app.database import patience


def test_a_request_has_one_span_for_all_its_waiting() -> None:
    patience.begin(1.0)
    try:
        patience.spend(0.75)
        assert patience.left() == 0.25
        patience.spend(5)
        assert patience.left() == 0
        assert patience.whole() == 1.0
    finally:
        patience.finish()
    assert patience.left() == patience.whole() == patience.WITHOUT


def test_outside_of_requests_each_use_has_the_whole() -> None:
    with patience.each(30):
        patience.spend(29)
        assert patience.left() == 30
    assert patience.left() == patience.WITHOUT


def test_a_thread_knows_nothing_of_the_span_of_another() -> None:
    seen = []
    patience.begin(1.0)
    try:
        thread = threading.Thread(target=lambda: seen.append(patience.left()))
        thread.start()
        thread.join()
    finally:
        patience.finish()
    assert seen == [patience.WITHOUT]
