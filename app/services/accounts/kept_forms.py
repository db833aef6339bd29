"""Forms that came when nobody was signed in any more: what was chosen is kept for a while.

Nothing is done with it. The page of the form shows it again, in the same browser, once somebody is
signed in; it is then sent by hand.
"""

import json
from datetime import datetime

from sqlalchemy import delete, select

from app.database.repetition import repeated
from app.database.sweep import due
from app.database.transactions import reading, writing
from app.database.upserts import insert_into
from app.domain.credentials.secrets import Prefix, digest, is_well_formed
from app.domain.lifetimes import after
from app.models import BrowserSession, KeptForm
from app.services import throttle

KEPT_FOR = 3_600
MAX_LENGTH = 64 * 1_024

Fields = list[tuple[str, str]]


@repeated
def keep(
    browser: str, page: str, fields: Fields, *, user_id: str | None, address: str, at: datetime
) -> bool:
    """Keep what was chosen on a page and say whether that was possible; the last form of a page stays.

    It is not when the form is too long, or when too many come from one address. `user_id` is who was
    signed in with this browser, None when that is not known.
    """
    if len(json.dumps(fields)) > MAX_LENGTH:
        return False
    network = throttle.network_of(address)
    row = {
        "browser_digest": digest(browser),
        "page": page,
        "user_id": user_id,
        "fields": fields,
        "expires_at": after(at, KEPT_FOR),
    }
    with writing() as session:
        if not throttle.allows(session, throttle.KEPT_FORM_PER_ADDRESS, network, at=at):
            return False
        is_due = due(KeptForm, KeptForm.expires_at <= at, oldest=KeptForm.expires_at)
        session.execute(delete(KeptForm).where(is_due))
        session.execute(
            insert_into(KeptForm, session.connection())
            .values(row)
            .on_conflict_do_update(
                index_elements=[KeptForm.browser_digest, KeptForm.page], set_=row
            )
        )
    return True


@repeated
def find(browser: str, page: str, *, user_id: str, at: datetime) -> Fields | None:
    """Return what this user chose on a page, in this browser; None when nothing is kept."""
    with reading() as session:
        row = session.get(KeptForm, (digest(browser), page))
        if row is None or row.expires_at <= at or row.user_id not in (None, user_id):
            return None
        return [(name, value) for name, value in row.fields]


@repeated
def user_behind(session_text: str) -> str | None:
    """Return whose browser session a cookie's secret is or was; None for any other text."""
    if not is_well_formed(session_text, Prefix.BROWSER_SESSION):
        return None
    with reading() as session:
        return session.scalar(
            select(BrowserSession.user_id).where(BrowserSession.digest == digest(session_text))
        )
