"""What belongs to the running app: its settings, its catalog and what fetches documents."""

from typing import cast

from flask import Flask, current_app
from sqlalchemy import Engine

from app.database.compiled_select import hot_path_engine
from app.domain.audit_chain import AuditKey, audit_keys
from app.domain.authorization_details import types_of
from app.domain.catalog import Catalog
from app.domain.clients.metadata import MetadataPolicy
from app.runtime import clock
from app.services.clients.fetch_jobs import Context
from app.services.clients.json_fetch import Fetcher
from app.services.clients.metadata_documents import Lookup
from app.services.tokens.live_authorization import IssuancePolicy
from app.settings import Settings

SETTINGS = "mandate.settings"
HOT_PATH_ENGINE = "mandate.hot_path"
FETCHER = "mandate.fetcher"


def bind(app: Flask, settings: Settings) -> None:
    """Give the app its settings and its clock."""
    app.extensions[SETTINGS] = settings
    clock.bind(app)
    app.extensions[FETCHER] = Fetcher(
        loopback=settings.is_development, proxy=settings.documents.proxy
    )


def settings() -> Settings:
    """Return the settings of the running app."""
    return settings_of(current_app)


def settings_of(app: Flask) -> Settings:
    """Return the settings of an app, outside of its requests too."""
    return cast(Settings, app.extensions[SETTINGS])


def catalog() -> Catalog:
    """Return the catalog of the running app."""
    return settings().catalog


def keys_of_audit(own: Settings) -> tuple[AuditKey, ...]:
    """Return the keys of the audit log's chain: the first one seals, all of them verify."""
    return audit_keys(own.secret_keys)


def issuance_policy() -> IssuancePolicy:
    """Return what the deployment decides about issuing tokens."""
    return policy_of(settings())


def policy_of(own: Settings) -> IssuancePolicy:
    """Return what a deployment with these settings decides about issuing tokens."""
    return IssuancePolicy(own.lifetimes, own.catalog, own.default_audience)


def hot_path_of(app: Flask) -> Engine:
    """Return an app's engine for the hot path, outside of its requests too."""
    found = app.extensions.get(HOT_PATH_ENGINE)
    if found is None:
        with app.app_context():
            found = app.extensions[HOT_PATH_ENGINE] = hot_path_engine()
    return cast(Engine, found)


def fetcher() -> Fetcher:
    """Return what fetches the documents of clients for the running app."""
    return cast(Fetcher, current_app.extensions[FETCHER])


def metadata_policy() -> MetadataPolicy:
    """Return what the deployment accepts of a client's metadata."""
    own = settings()
    names = tuple(own.catalog.capabilities)
    return MetadataPolicy(own.registration.schemes, names, types_of(own.catalog))


def lookup() -> Lookup:
    """Return what the look-up of a client's metadata document needs."""
    own = settings()
    return Lookup(
        fetcher(),
        metadata_policy(),
        own.documents,
        own.registration.unused_lifetime,
        context_of_threads(),
    )


def context_of_threads() -> Context:
    """Return what a thread beside the requests enters to use the database of the running app."""
    return current_app.app_context
