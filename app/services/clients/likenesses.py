"""Tools that would pass for another: for the administrator's, or for one that was switched off."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.clients.claimed_names import likeness
from app.domain.clients.metadata import ClientMetadata
from app.domain.clients.redirect_uris import host_of
from app.domain.errors import MetadataRefused
from app.models import Client
from app.services.clients.clients import ADMINISTRATOR, IS_SWITCHED_OFF

TAKEN = "The client_name is that of a tool that the administrator has registered: choose another."
OFF = "The administrator has switched a tool of this name and address off."


def require_own_name(session: Session, metadata: ClientMetadata) -> None:
    """Raise MetadataRefused for a registration that looks like another tool, within a transaction."""
    wanted = likeness(metadata.name)
    hosts = _hosts(metadata.redirect_uris)
    columns = (Client.name, Client.redirect_uris, Client.registered_by, Client.disabled_at)
    others = select(*columns).where(or_(Client.registered_by == ADMINISTRATOR, IS_SWITCHED_OFF))
    for name, uris, registered_by, disabled_at in session.execute(others):
        if likeness(name) != wanted:
            continue
        if disabled_at is not None and not hosts.isdisjoint(_hosts(uris)):
            raise MetadataRefused(OFF)
        if disabled_at is None and registered_by == ADMINISTRATOR:
            raise MetadataRefused(TAKEN)


def _hosts(uris: Sequence[str]) -> set[str]:
    """Return where answers would go; the port of a loopback address says nothing."""
    return {host_of(uri).partition(":")[0] for uri in uris} - {""}
