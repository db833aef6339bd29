"""Edits on several processes: one of many wins, the others are told, every process sees it."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from app.services.authorizations import delegation_form, lifecycle
from tests.drivers.editor import VERSION, address_of
from tests.drivers.racers import Racers, fresh_code
from tests.drivers.tool import USUAL, Tool, answer_of, csrf_of, target_of
from tests.drivers.world import World

pytestmark = pytest.mark.slow


NARROW = {"capabilities": ["api"], "project-payments": "viewer", "expires_in": ""}


def standing(racers: Racers) -> tuple[Tool, str, dict[str, Any]]:
    """Return a tool with a token, the address of its Authorization and the fields of a good form."""
    tool = Tool(racers.world, racers.world.native)
    tool.token = tool.redeem(fresh_code(tool)).get_json()["access_token"]  # type: ignore[attr-defined]
    cookie = tool.browser.http.get_cookie("mandate")
    assert cookie
    racers.cookies = f"mandate={cookie.value}"
    address = address_of(tool)
    page = tool.browser.get(address)
    version = VERSION.search(page.text)
    assert version
    return tool, address, {"csrf_token": csrf_of(page), "version": version[1]}


def test_twenty_presses_of_one_save_are_one_edit(racers: Racers) -> None:
    _, address, fields = standing(racers)
    for round_ in range(5):
        fields["version"] = str(1 + round_)
        choice = {**NARROW, "project-payments": "viewer" if round_ % 2 else "editor"}
        answers = racers.storm(address, {**fields, **choice}, 20)  # type: ignore[dict-item]
        assert Counter(status for status, _ in answers) == {303: 20}
    assert len(racers.world.audit("authorization.edited")) == 5
    assert racers.world.execute("SELECT version FROM authorizations") == [(6,)]


def test_of_twenty_different_saves_of_one_version_one_wins(racers: Racers) -> None:
    _, address, fields = standing(racers)
    answers: list[int] = []

    def save(name: str) -> None:
        form = {**fields, **NARROW, "version": "1", "name": name}
        answers.extend(status for status, _ in racers.storm(address, form, 1))

    running = [threading.Thread(target=save, args=(f"Name {n}",)) for n in range(20)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert Counter(answers) == {303: 1, 409: 19}
    assert len(racers.world.audit("authorization.edited")) == 1


def test_saves_without_a_version_all_pass_and_none_is_half_written(racers: Racers) -> None:
    tool, address, fields = standing(racers)
    del fields["version"]
    wide = {**USUAL, "expires_in": "", "project-website": "admin"}
    answers = racers.storm(address, {**fields, **wide}, 12)
    answers += racers.storm(address, {**fields, **NARROW}, 12)  # type: ignore[dict-item]
    assert {status for status, _ in answers} == {303}
    tool.world.clock.at = datetime.now(UTC)
    details = tool.introspect(tool.token)["authorization_details"]  # type: ignore[attr-defined]
    assert [(d["identifier"], d["privileges"]) for d in details] == [("payments", ["viewer"])]


def test_an_edit_on_one_process_holds_on_all(racers: Racers) -> None:
    tool, address, fields = standing(racers)
    token = tool.token  # type: ignore[attr-defined]
    assert racers.introspect(token) == {True}
    pause = {"csrf_token": fields["csrf_token"]}
    for round_ in range(6):
        verb, active = ("pause", False) if round_ % 2 == 0 else ("resume", True)
        if round_ < 3:
            assert racers.storm(f"{address}/{verb}", pause, 1)[0][0] == 303
        else:
            tool.browser.http.post(f"{address}/{verb}", data=pause)
        tool.world.clock.at = datetime.now(UTC)
        assert racers.introspect(token) == {active}
        assert tool.is_active(token) is active


def test_pausing_and_editing_at_once_loses_neither(racers: Racers) -> None:
    tool, address, fields = standing(racers)
    saved = racers.storm(address, {**fields, **NARROW}, 1)  # type: ignore[dict-item]
    paused = racers.storm(f"{address}/pause", {"csrf_token": fields["csrf_token"]}, 8)
    assert saved[0][0] == 303
    assert {status for status, _ in paused} == {303}
    assert len(tool.world.audit("authorization.paused")) == 1
    assert tool.world.execute("SELECT version FROM authorizations") == [(3,)]


@pytest.mark.requirement("UI-07")
@pytest.mark.parametrize("verb", ["pause", "revoke"])
def test_an_approval_does_not_overwrite_what_happened_while_it_was_made(
    shared_world: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    world, tool = shared_world, Tool(shared_world, shared_world.native)
    old = tool.tokens({**USUAL, "expires_in": ""})["access_token"]
    [[standing_id, owner]] = world.execute("SELECT id, user_id FROM authorizations")
    address, page = tool.consent_page()
    terms = delegation_form.useful_terms

    def stop() -> None:
        with world.app.app_context():
            if verb == "pause":
                lifecycle.pause(str(standing_id), owner=str(owner), actor=str(owner), at=world.at)
            else:
                lifecycle.revoke(str(standing_id), owner=str(owner), actor=str(owner), at=world.at)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        found = terms(*arguments, **named)
        thread = threading.Thread(target=stop)
        thread.start()
        thread.join(5)
        monkeypatch.undo()
        return found

    monkeypatch.setattr(delegation_form, "useful_terms", interrupted)
    fields = {"decision": "approve", **USUAL, "expires_in": ""}
    answer = tool.browser.submit(page, address, **fields)
    assert answer.status_code == 409
    assert [event.kind for event in world.audit("authorization.approved")] == [
        "authorization.approved"
    ]
    assert world.execute("SELECT version FROM authorizations") == [(2,)]
    assert not tool.is_active(old)
    again = tool.browser.submit(tool.browser.get(address), address, **fields)
    assert again.status_code == 303, "the request is not spent"
    code = answer_of(target_of(tool.browser.get(again.location)))["code"]
    assert tool.is_active(tool.redeem(code).get_json()["access_token"])
    assert tool.is_active(old) is (verb == "pause"), "what was revoked stays revoked"


def test_approving_and_pausing_at_once_loses_no_version(racers: Racers) -> None:
    tool, address, fields = standing(racers)
    token, rounds = {"csrf_token": fields["csrf_token"]}, 5
    for _ in range(rounds):
        tool.world.clock.at = datetime.now(UTC)
        asked = [tool.consent_page()[0] for _ in range(6)]
        running = [
            threading.Thread(target=racers.storm, args=(path, {**token, **more}, 1))
            for path, more in [
                *((path, {"decision": "approve", **USUAL, "expires_in": ""}) for path in asked),
                *((f"{address}/{verb}", {}) for verb in ("pause", "resume") * 3),
            ]
        ]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    kinds = ("approved", "paused", "resumed")
    events = sum(len(tool.world.audit(f"authorization.{kind}")) for kind in kinds)
    assert events > rounds
    assert tool.world.execute("SELECT version FROM authorizations") == [(events,)]
