"""Counters of failures, kept in the database: they hold across processes and without Redis.

Flask-Limiter bounds floods per process; this bounds guessing, which must not depend on a cache.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading, writing
from app.database.upserts import insert_into
from app.domain.credentials.secrets import digest
from app.domain.errors import Throttled
from app.models import FailureCount


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `limit` failures in `window` seconds."""

    name: str
    limit: int
    window: int


PASSWORD_PER_ACCOUNT = Rule("password-account", 10, 900)
PASSWORD_PER_ADDRESS = Rule("password-address", 100, 900)
CLIENT_SECRET = Rule("client-secret", 30, 60)
CLIENT_SECRET_PER_ADDRESS = Rule("client-secret-address", 300, 60)
DOCUMENT_PER_USER = Rule("document-user", 60, 600)
USER_CODE = Rule("user-code", 5, 900)
USER_CODE_PER_ADDRESS = Rule("user-code-address", 30, 900)
DEVICE_REQUEST = Rule("device-request", 60, 60)
DEVICE_REQUEST_PER_ADDRESS = Rule("device-request-address", 180, 60)
AUTHORIZATION_REQUEST = Rule("authorization-request", 300, 600)
AUTHORIZATION_REQUESTS_AROUND = Rule("authorization-requests", 3_000, 600)
AUTHORIZATION_REQUEST_PER_USER = Rule("authorization-request-user", 300, 600)
KEPT_FORM_PER_ADDRESS = Rule("kept-form-address", 60, 600)
REGISTRATION_CHANGES = Rule("registration-changes", 20, 3_600)
IPV6 = 6
TOO_MANY = "Too many tries. Wait a little and try again."


def registrations(per_hour: int) -> tuple[Rule, Rule]:
    """Return the limits of registrations: from one address, and from all around it together."""
    return Rule("registration", per_hour, 3_600), Rule("registrations", 10 * per_hour, 3_600)


def network_of(address: str) -> str:
    """Return what counts as one address: an IPv6 host has a whole /64 to itself."""
    found = _parsed(address) or _parsed(
        address.rpartition(":")[0].strip("[]")
    )  # some proxies add a port
    if found is None:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False)) if found.version == IPV6 else str(found)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def neighbourhood_of(address: str) -> str:
    """Return the network that one customer may have: an IPv6 /48 or an IPv4 /24."""
    found = _parsed(network_of(address).partition("/")[0])
    if found is None:
        return address
    return str(ip_network((found, 48 if found.version == IPV6 else 24), strict=False))


def _bucket(rule: Rule, what: str) -> str:
    return digest(f"{rule.name}\0{what}")


@repeated
def check(rule: Rule, what: str, *, at: datetime) -> None:
    """Raise Throttled when the bucket is full already."""
    with reading() as session:
        row = session.get(FailureCount, _bucket(rule, what))
        if row is not None and row.ends_at > at and row.failures >= rule.limit:
            raise _throttled(row.ends_at, at)


@repeated
def spend(rule: Rule, what: str, *, at: datetime) -> None:
    """Count one try; raise Throttled when it is one too many."""
    with writing() as session:
        failures, ends_at = _count(session, rule, what, at)
    if failures > rule.limit:
        raise _throttled(ends_at, at)


def allows(session: Session, rule: Rule, what: str, *, at: datetime) -> bool:
    """Count one try, within a running transaction, and say whether it is not one too many."""
    failures, _ = _count(session, rule, what, at)
    return failures <= rule.limit


def spend_within(session: Session, rule: Rule, what: str, *, at: datetime) -> None:
    """Count one try as `spend`, within a running transaction."""
    failures, ends_at = _count(session, rule, what, at)
    if failures > rule.limit:
        raise _throttled(ends_at, at)


@repeated
def refund(rule: Rule, what: str) -> None:
    """Take one try back that does not count."""
    with writing() as session:
        session.execute(
            update(FailureCount)
            .where(FailureCount.bucket == _bucket(rule, what), FailureCount.failures > 0)
            .values(failures=FailureCount.failures - 1)
        )


def clear(session: Session, rule: Rule, what: str) -> None:
    """Forget the failures of a bucket, within a running transaction."""
    session.execute(delete(FailureCount).where(FailureCount.bucket == _bucket(rule, what)))


def _count(session: Session, rule: Rule, what: str, at: datetime) -> tuple[int, datetime]:
    ends_at = at + timedelta(seconds=rule.window)
    running = FailureCount.ends_at > at
    statement = (
        insert_into(FailureCount, session.connection())
        .values(bucket=_bucket(rule, what), failures=1, ends_at=ends_at)
        .on_conflict_do_update(
            index_elements=[FailureCount.bucket],
            set_={
                "failures": case((running, FailureCount.failures + 1), else_=1),
                "ends_at": case((running, FailureCount.ends_at), else_=ends_at),
            },
        )
    )
    session.execute(statement)
    row = session.execute(
        select(FailureCount.failures, FailureCount.ends_at).where(
            FailureCount.bucket == _bucket(rule, what)
        )
    ).one()
    return row.failures, row.ends_at


def _throttled(ends_at: datetime, at: datetime) -> Throttled:
    return Throttled(TOO_MANY, retry_after=max(1, int((ends_at - at).total_seconds()) + 1))
