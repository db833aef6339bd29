"""Client (gets tokens) with its logo, and ResourceServer (checks them)."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Instant, Model


class Client(Model):
    """Something that gets tokens; `identifier` is the wire's client_id.

    `capabilities` None means: may ask for all. `admin_scopes` None means: is no service
    account. `registered_by` says whose word its name is.
    `extra_metadata` holds the optional members of its metadata (RFC 7591 section 2). An unused
    registration may be removed from `removable_at` on, a used one never. `document_fresh_until` belongs
    to its metadata document, `keys_read_at` to the keys at its `jwks_uri`. The previous secret counts
    until `previous_secret_ends_at`. `logo_digest` is that of the picture in its ClientLogo.
    """

    __tablename__ = "clients"
    __table_args__ = (Index("ix_clients_name", "name", "identifier"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_digest: Mapped[str | None] = mapped_column(String(64))
    previous_secret_digest: Mapped[str | None] = mapped_column(String(64))
    previous_secret_ends_at: Mapped[datetime | None] = mapped_column(Instant)
    auth_method: Mapped[str] = mapped_column(String(40))
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    grant_types: Mapped[list[str]] = mapped_column(JSON)
    capabilities: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    admin_scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    extra_metadata: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    registered_by: Mapped[str] = mapped_column(String(40))
    registration_digest: Mapped[str | None] = mapped_column(String(64))
    removable_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    document_fresh_until: Mapped[datetime | None] = mapped_column(Instant)
    fetched_keys: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    keys_read_at: Mapped[datetime | None] = mapped_column(Instant)
    logo_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class ClientLogo(Model):
    """The picture of a client as it is served: a small PNG that we drew ourselves.

    It has a table of its own, so that reading a client does not read its picture. It counts while the
    client's `logo_digest` is there.
    """

    __tablename__ = "client_logos"

    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.id", ondelete="CASCADE"), primary_key=True
    )
    png: Mapped[bytes] = mapped_column(LargeBinary)


class ResourceServer(Model):
    """Something that introspects; it sees tokens whose audience lies within its own.

    The previous secret counts until `previous_secret_ends_at`.
    """

    __tablename__ = "resource_servers"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(80), unique=True)
    audience: Mapped[str] = mapped_column(String(2000))
    audience_key: Mapped[str] = mapped_column(String(2000), index=True)
    secret_digest: Mapped[str] = mapped_column(String(64))
    previous_secret_digest: Mapped[str | None] = mapped_column(String(64))
    previous_secret_ends_at: Mapped[datetime | None] = mapped_column(Instant)
    auth_method: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
