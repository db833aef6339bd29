"""The audit log of a world: sealed, compared with its chain, cleaned, and spoiled by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.audit_chain import AuditKey, Head, Segment, audit_keys
from app.services import audit_sealer, audit_segments, audit_verification, maintenance
from app.services.audit_retention import Retention
from app.services.audit_sealer import Run
from app.services.audit_verification import Verdict
from tests.drivers.deployment import SECRET_KEY
from tests.drivers.world import World

KEYS = audit_keys([SECRET_KEY])
TRIGGER = "tr_audit_events_stay"


@dataclass
class AuditLog:
    """The log of a world, sealed and compared with `keys`."""

    world: World
    keys: Sequence[AuditKey] = KEYS

    def seal(self) -> Run | None:
        with self.world.app.app_context():
            return audit_sealer.seal(self.keys[0], at=self.world.at)

    def seal_in_parts(self, *sizes: int) -> None:
        """Add that many events for each segment, and seal each."""
        for size in sizes:
            self.add(size)
            self.seal()

    def add(self, number: int) -> None:
        """Let something happen that leaves so many events."""
        for count in range(number):
            self.world.set_member("sandbox", "cleo", ("viewer", "editor", "admin")[count % 3])

    def verify(self, *heads: Head) -> Verdict:
        with self.world.app.app_context():
            return audit_verification.verify(self.keys, heads)

    def faults(self, *heads: Head) -> list[tuple[str, int | None]]:
        """Return the kind of each finding with its event, or else its segment."""
        verdict = self.verify(*heads)
        assert sum(verdict.counts.values()) == len(verdict.findings)
        return [
            (str(each.fault), each.segment if each.event is None else each.event)
            for each in verdict.findings
        ]

    def clean(self, days: float = 30, *, is_sealed: bool = True) -> int:
        """Remove what is older than some days, and return how many events went."""
        if is_sealed:
            self.seal()
        with self.world.app.app_context():
            retention = Retention(self.world.at - timedelta(days=days), self.keys)
            return maintenance.clean_up(at=self.world.at, retention=retention)["audit_events"]

    def segments(self) -> list[Segment]:
        @repeated
        def found() -> list[Segment]:
            with reading() as session:
                return audit_segments.segments_after(session, 0, 10_000)

        with self.world.app.app_context():
            return found()

    def numbers(self) -> list[int]:
        rows = self.world.execute("SELECT number FROM audit_events ORDER BY number")
        return [int(str(number)) for (number,) in rows]

    def head(self) -> Head:
        newest = self.segments()[-1]
        return Head(newest.number, newest.digest)

    def spoil(self, *statements: str) -> None:
        """Change the log with SQL, as somebody does who owns the database."""
        on = " ON audit_events" if self.is_on_postgresql else ""
        self.world.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}{on}")
        for statement in statements:
            self.world.execute(statement)

    @property
    def is_on_postgresql(self) -> bool:
        return str(self.world.app.config["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql")
