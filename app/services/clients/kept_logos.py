"""The pictures that are kept of clients: within running transactions, and as they are served."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database.repetition import repeated
from app.database.transactions import reading
from app.domain.clients.logos import digest_of, is_digest
from app.domain.errors import NotFound
from app.models import Client, ClientLogo


def keep(session: Session, row: Client, png: bytes) -> None:
    """Keep a picture, drawn by us, for a client whose row is held."""
    session.merge(ClientLogo(client_id=row.id, png=png))
    row.logo_digest = digest_of(png)


def forget(session: Session, row: Client) -> None:
    """Forget the picture of a client whose row is held."""
    if row.logo_digest is not None:
        session.execute(delete(ClientLogo).where(ClientLogo.client_id == row.id))
        row.logo_digest = None


@repeated
def png_of(digest: str) -> bytes:
    """Return the picture with a digest; raises NotFound."""
    png = None
    if is_digest(digest):
        with reading() as session:
            png = session.scalar(
                select(ClientLogo.png)
                .join(Client, Client.id == ClientLogo.client_id)
                .where(Client.logo_digest == digest)
                .limit(1)
            )
    if png is None:
        raise NotFound("There is no such picture.")
    return png
