"""A person who edits what they delegated, in settings and by a second consent, with a ledger of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.bench.faults.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, Ledger
from tests.bench.faults.wire import AWAY, Answer, Wire
from tests.drivers.editor import VERSION
from tests.drivers.tool import CSRF

PAUSE = 0.2  # seconds
CONFLICT = 409
NAME = re.compile(r'name="name"[^>]*?value="([^"]*)"')
ROLES = ("viewer", "editor")
PROJECT = "payments"


@dataclass
class EditClient:
    """One thread in one person's browser; nobody else edits this Authorization."""

    wire: Wire
    ledger: Ledger
    cookies: str
    address: str
    request: dict[str, Any]  # of the tool, for a second consent
    over: threading.Event
    consents_every: int = 4

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            wants = {"name": f"Edit {number}", "role": ROLES[number % 2]}
            if number % self.consents_every:
                self._insist("edit", wants, self.address)
            elif (consent := self._consent_address()) is not None:
                self._insist("consent", wants, consent)

    def _insist(self, kind: str, wants: dict[str, str], where: str) -> None:
        """Send a form until it is answered, or until the page says that it was taken."""
        page = self._until_shown(self.address)
        if page is None:
            return
        number = self.ledger.intend(kind, saw=shown_in(page), wants=wants)
        while True:
            form_page = page if kind == "edit" else self._until_shown(where)
            if form_page is None:
                return
            answer = self.wire.post(where, self._form(kind, form_page, wants), self._own)
            if answer is not None and answer.is_good:
                self.ledger.conclude(number, ACKNOWLEDGED, status=answer.status)
                return
            is_known = answer is not None and answer.status not in {*AWAY, CONFLICT}
            if answer is not None and is_known:
                self.ledger.conclude(number, REFUSED, status=answer.status, said=answer.text[-900:])
                return
            self.ledger.conclude(number, UNKNOWN)
            self.over.wait(PAUSE)
            page = self._until_shown(self.address)
            if page is None:
                return
            if shown_in(page)["name"] == wants["name"]:
                self.ledger.conclude(number, ACKNOWLEDGED, seen=True)
                return

    def _form(self, kind: str, page: str, wants: dict[str, str]) -> dict[str, Any]:
        token = CSRF.search(page)
        version = VERSION.search(page)
        assert token, page[:2000]
        fields: dict[str, Any] = {
            "csrf_token": token[1],
            "capabilities": ["api", "flows:edit"],
            f"project-{PROJECT}": wants["role"],
            "expires_in": "",
            "name": wants["name"],
        }
        if kind == "edit":
            assert version, page[:2000]
            return {**fields, "action": "save", "version": version[1]}
        return {**fields, "decision": "approve"}

    def _consent_address(self) -> str | None:
        for answer in self._answers("/oauth/authorize?" + urlencode(self.request)):
            if answer.status == 303:
                return answer.headers["Location"]
        return None

    def _until_shown(self, path: str) -> str | None:
        """Return a page as soon as it comes, None when the run is over before."""
        for answer in self._answers(path):
            if answer.status == 200:
                return answer.text
        return None

    def _answers(self, path: str) -> Iterator[Answer]:
        while not self.over.is_set():
            answer = self.wire.get(path, self._own)
            if answer is not None:
                yield answer
            self.over.wait(PAUSE)

    @property
    def _own(self) -> dict[str, str]:
        return {"Cookie": self.cookies}


def shown_in(page: str) -> dict[str, str]:
    """Return what the page of an Authorization says of it."""
    name, version = NAME.search(page), VERSION.search(page)
    assert name, page[:3000]
    assert version, page[:3000]
    return {"name": unescape(name[1]), "version": version[1], "role": role_in(page)}


def role_in(page: str) -> str:
    """Return the role in the project that the page has selected."""
    found = re.search(rf'<select[^>]*name="project-{PROJECT}".*?</select>', page, re.DOTALL)
    assert found, "the page does not show the project"
    chosen = re.search(r'<option[^>]*value="(\w*)"[^>]*\bselected', found[0])
    return chosen[1] if chosen else ""
