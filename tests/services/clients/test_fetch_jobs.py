"""Fetches that nobody waits for: one for each owner, and never in the way of others."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from functools import partial

import pytest

from app.domain.errors import Unavailable
from app.services.clients import fetch_jobs
from app.services.clients.fetch_jobs import FetchJobs
from tests.drivers.metadata_documents import wait_for_fetches


def test_a_job_that_nobody_waits_for_runs_once_for_its_owner() -> None:
    jobs, may_end, begun = FetchJobs(), threading.Event(), list[str]()

    def work(name: str) -> None:
        begun.append(name)
        may_end.wait(10)

    jobs.begin("a", "logo", lambda: work("first"), nullcontext)
    jobs.begin("a", "logo", lambda: work("second"), nullcontext)
    jobs.begin("b", "logo", lambda: work("other"), nullcontext)
    may_end.set()
    wait_for_fetches()
    assert sorted(begun) == ["first", "other"]
    jobs.begin("a", "logo", lambda: work("third"), nullcontext)
    wait_for_fetches()
    assert begun[-1] == "third"


def test_how_it_ends_is_nobodys_concern(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, done = FetchJobs(), list[str]()

    def fail() -> None:
        raise ValueError("strange")

    jobs.begin("a", "logo", fail, nullcontext)
    wait_for_fetches()
    jobs.run("a", "logo", lambda: done.append("good"), nullcontext)
    assert done == ["good"]

    def no_thread(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        jobs.begin("a", "logo", fail, nullcontext)
        with pytest.raises(Unavailable):
            jobs.run("a", "logo", fail, nullcontext)


def test_half_of_the_places_are_kept_for_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch_jobs, "MOST_JOBS", 4)
    jobs, may_end, done = FetchJobs(), threading.Event(), list[str]()

    def work(name: str) -> None:
        done.append(name)
        may_end.wait(10)

    for name in "abcd":
        jobs.begin(name, "logo", partial(work, name), nullcontext)
    jobs.run("e", "document", lambda: done.append("e"), nullcontext)
    may_end.set()
    wait_for_fetches()
    assert sorted(done) == ["a", "b", "e"]
