"""After a fault: every process is asked whether it knows all that was acknowledged."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.faults import nodes
from tests.bench.faults.crew import Crew, Editing
from tests.bench.faults.edit_client import shown_in
from tests.bench.faults.families import Family, families
from tests.bench.faults.ledger import ACKNOWLEDGED, REFUSED, UNKNOWN, entries
from tests.bench.faults.tally import Tally
from tests.bench.faults.token_client import issued_by
from tests.bench.faults.wire import Answer, Times, Wire

TRIES = 3
SHOWN = 3  # complaints of one kind


@dataclass
class Checker:
    """Reads the ledgers of a crew that has stopped, and asks the servers."""

    crew: Crew
    tally: Tally
    nodes: list[Wire] = field(default_factory=list)

    def check(self) -> None:
        times = Times()
        for server in self.crew.stage.servers:
            self.nodes += nodes.connections(server.port, server.process.pid, times)
        found = list(families(self.crew.token_files))
        for number, family in enumerate(found):
            self._resolve(family, self.nodes[number % len(self.nodes)])
        self._count(found)
        self._ask_every_node(found)
        for number, family in enumerate(found):
            self._refresh(family, self.nodes[number % len(self.nodes)])
        self._compare_sessions(found)
        for editing in self.crew.edits:
            self._check_edits(editing)
        for wire in self.nodes:
            wire.close()

    def _resolve(self, family: Family, wire: Wire) -> None:
        """Repeat what was left unknown: a program would do the same."""
        entry = family.open
        if entry is None:
            return
        path = "/oauth/revoke" if entry.kind == "revocation" else "/oauth/token"
        body = {
            "exchange": entry.intent.get("code", ""),
            "refresh": f"grant_type=refresh_token&refresh_token={entry.intent.get('token')}",
            "revocation": f"token={entry.intent.get('token')}",
        }[entry.kind]
        answer = self._surely(wire, path, body)
        if answer is None:
            self.tally.unresolved += 1
        elif not answer.is_good:
            entry.result = REFUSED
            family.refused.append(entry)
        elif entry.kind == "revocation":
            family.revoked.add(entry.intent["token"])
        else:
            family.take(issued_by(answer))

    def _surely(self, wire: Wire, path: str, body: str) -> Answer | None:
        for _ in range(TRIES):
            answer = wire.post(path, body, self.crew.own)
            if answer is not None and answer.status < 500:
                return answer
        return None

    def _count(self, found: list[Family]) -> None:
        """Count what was acknowledged, and refusals of what should have been taken."""
        for family in found:
            self.tally.tokens += family.tokens
            self.tally.revocations += len(family.revoked)
            for entry in family.refused:
                # A code whose first answer was lost is a replay; its session ends (RFC 6749 4.1.2).
                if entry.kind != "exchange" or not entry.unknowns:
                    self._lose(f"{entry.kind} was refused: {entry.outcome}")
        self.tally.unknown = sum(e.unknowns > 0 for f in self._files() for e in entries(f))

    def _files(self) -> list[Path]:
        return [*self.crew.token_files, *(editing.file for editing in self.crew.edits)]

    def _ask_every_node(self, found: list[Family]) -> None:
        asked = [(family, token) for family in found for token in family.access]
        wrong: list[tuple[bool, str]] = []

        def ask(wire: Wire) -> None:
            for family, token in asked:
                answer = self.crew.introspect(wire, token)
                must = family.must_be_active(token)
                if answer is None or json.loads(answer.text).get("active") is not must:
                    wrong.append((must, token))

        threads = [threading.Thread(target=ask, args=(wire,)) for wire in self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.tally.lost += len({token for must, token in wrong if must})
        self.tally.undone += len({token for must, token in wrong if not must})

    def _refresh(self, family: Family, wire: Wire) -> None:
        """The last refresh token of a session must work, and none of one that was ended."""
        if not family.refresh or any(entry.kind == "refresh" for entry in family.refused):
            return
        body = f"grant_type=refresh_token&refresh_token={family.refresh[-1]}"
        answer = self._surely(wire, "/oauth/token", body)
        works = answer is not None and answer.is_good
        if family.is_ended and works:
            self.tally.undone += 1
        elif not family.is_ended and not works:
            self._lose(f"a refresh token does not work: {answer and answer.text[:200]}")

    def _compare_sessions(self, found: list[Family]) -> None:
        """No code opened two sessions, and none lives that no tool knows."""
        own = f"authorization_id = '{self.crew.authorization}' AND ended_at IS NULL"
        [[count]] = self.crew.stage.select(f"SELECT count(*) FROM sessions WHERE {own}")
        living = sum(bool(f.refresh) and not f.is_ended for f in found)
        self.tally.families = living
        standing = 1  # of the token that readers ask about
        self.tally.double_families = max(int(str(count)) - living - standing, 0)

    def _lose(self, why: str) -> None:
        self.tally.lost += 1
        if self.tally.lost <= SHOWN:
            self.tally.notes.append(why)

    def _check_edits(self, editing: Editing) -> None:
        """Each edit must be what its person saw before the next one; the last is asked everywhere."""
        standing = {"name": "Edit 0", "role": "editor"}
        found = entries(editing.file)
        for entry in found:
            self._compare(standing, entry.intent["saw"])
            if entry.result == ACKNOWLEDGED:
                standing = entry.intent["wants"]
                self.tally.edits += 1
            elif entry.result == REFUSED:
                self.tally.complaints.append(f"{entry.kind} was refused: {entry.outcome}")
        maybe = found[-1].intent["wants"] if found and found[-1].result == UNKNOWN else standing
        for wire in self.nodes:
            self._see(wire, editing, standing, maybe)

    def _compare(self, standing: dict[str, str], saw: dict[str, str]) -> None:
        if {name: saw[name] for name in standing} != standing:
            self.tally.forgotten += 1

    def _see(
        self, wire: Wire, editing: Editing, standing: dict[str, str], maybe: dict[str, str]
    ) -> None:
        page = wire.get(editing.address, {"Cookie": editing.cookies})
        asked = self.crew.introspect(wire, editing.token)
        if page is None or page.status != 200 or asked is None:
            self.tally.forgotten += 1
            return
        shown = shown_in(page.text)
        told = [d["privileges"] for d in json.loads(asked.text).get("authorization_details", [])]
        is_right = any(
            shown["name"] == one["name"]
            and shown["role"] == one["role"]
            and told == [[one["role"]]]
            for one in (standing, maybe)
        )
        self.tally.forgotten += not is_right
