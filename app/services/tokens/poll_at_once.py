"""A device that waits, in two round trips: one reads, one keeps its pace.

1. One statement reads the device code with its client and what the user has decided.
2. One statement writes the pace down, unless another poll did meanwhile.

This serves a poll of which nothing can come yet. For everything else it returns None and changes
nothing: `device_grant` locks the code, judges and issues.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, select

from app.database.compiled_select import CompiledSelect, instant, instant_or_none
from app.database.compiled_spend import CompiledSpend
from app.domain.credentials.secrets import digest
from app.domain.credentials.user_codes import Pace
from app.models import AuthorizationRequest, Client, DeviceCode
from app.models.base import Instant, table_of
from app.services.tokens.device_grant import Waiting, pace_kept
from app.services.tokens.grounds import CLIENT_COLUMNS, GroundsClient, client_of

READ = CompiledSelect(
    lambda _rows, _row: (
        select(DeviceCode.interval, DeviceCode.polled_at, DeviceCode.expires_at, *CLIENT_COLUMNS)
        .select_from(DeviceCode)
        .join(Client, Client.id == DeviceCode.client_id)
        .outerjoin(AuthorizationRequest, AuthorizationRequest.id == DeviceCode.request_id)
        .where(
            DeviceCode.digest == bindparam("code"),
            DeviceCode.redeemed_at.is_(None),
            AuthorizationRequest.decision.is_(None),
            Client.disabled_at.is_(None),
        )
    )
)
KEEP = CompiledSpend(
    DeviceCode.digest == bindparam("code"),
    DeviceCode.redeemed_at.is_(None),
    DeviceCode.polled_at.is_not_distinct_from(bindparam("seen", type_=Instant())),
    table=table_of(DeviceCode),
)


@dataclass(frozen=True, slots=True)
class WaitingDevice:
    """A device code that nobody has decided about, with its pace and its client."""

    digest: str
    pace: Pace
    expires_at: datetime
    client: GroundsClient


def find(text: str, engine: Engine) -> WaitingDevice | None:
    """Return a device that waits, None for any other text or one that was decided about.

    Raises Unavailable.
    """
    found = READ.rows({"code": digest(text)}, engine)
    if not found:
        return None
    interval, polled_at, ends, *client = found[0]
    pace = Pace(interval, instant_or_none(polled_at))
    return WaitingDevice(digest(text), pace, instant(ends), client_of(client))


def wait(found: WaitingDevice, *, at: datetime, engine: Engine) -> Waiting | None:
    """Note a poll of a client that has authenticated, and say that it waits, or return None.

    Raises Unavailable.
    """
    if found.expires_at <= at:
        return None
    later = found.pace.after(at)
    is_kept = KEEP.run(
        {"code": found.digest, "seen": found.pace.polled_at},
        {"interval": later.interval, "polled_at": later.polled_at},
        (),
        engine,
    )
    return pace_kept(found.pace, at) if is_kept else None
