"""The organisation of a demo in its database: filled on first use, moved to another port later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transactions import writing
from app.demo.addresses import Addresses
from app.demo.demo_json import (
    TOOL_NAME,
    Demo,
    DemoClient,
    DemoResourceServer,
    DemoServer,
    DemoUser,
    under,
)
from app.demo.organisation.company import Company, CompanyUser
from app.domain.catalog import Catalog
from app.domain.clients.auth_methods import GRANT_TYPES, USUAL_GRANT_TYPES
from app.domain.credentials.secrets import random_base62
from app.domain.resources import canonical
from app.models import Client, ClientSession, McpServer, ResourceServer
from app.services.clients import clients, resource_servers
from app.services.directory import mcp_servers, projects, users

ACTOR = "demo"
PASSWORD_LENGTH = 20
BASIC = "client_secret_basic"


@dataclass(frozen=True, slots=True)
class Filling:
    """What filling a database goes by."""

    addresses: Addresses
    catalog: Catalog
    at: datetime


def fill(company: Company, filling: Filling, *, pid: int) -> Demo:
    """Fill an empty database with the company; returns it with passwords and secrets made anew."""
    at, addresses = filling.at, filling.addresses
    for project in company.projects:
        projects.add(project.slug, name=project.name, at=at, actor=ACTOR)
    return {
        "issuer": addresses.issuer,
        "pid": pid,
        "users": [_add_user(user, filling) for user in company.users],
        "projects": [{"slug": p.slug, "name": p.name} for p in company.projects],
        "mcp_servers": _add_servers(company, filling),
        "resource_servers": [
            _add_resource_server(name, audience, at)
            for name, audience in (("api", addresses.api), ("mcp", addresses.mcp))
        ],
        "clients": [
            *(
                _add_client(c.name, c.redirect_uris, c.token_endpoint_auth_method, filling)
                for c in company.clients
            ),
            _add_client(TOOL_NAME, (addresses.tool_redirect_uri,), BASIC, filling),
        ],
        "tool": addresses.tool,
        "resource_server": addresses.resource_server,
    }


def _add_user(user: CompanyUser, filling: Filling) -> DemoUser:
    password = random_base62(PASSWORD_LENGTH)
    users.add(
        user.username,
        email=user.email,
        password=password,
        is_admin=user.admin,
        at=filling.at,
        actor=ACTOR,
    )
    for slug, role in user.roles.items():
        projects.set_member(
            slug, user.username, role, catalog=filling.catalog, at=filling.at, actor=ACTOR
        )
    return {
        "username": user.username,
        "email": user.email,
        "password": password,
        "admin": user.admin,
        "roles": dict(user.roles),
    }


def _add_servers(company: Company, filling: Filling) -> list[DemoServer]:
    added = [
        mcp_servers.add_server(
            server.identifier,
            project=server.project,
            url=filling.addresses.mcp_server(server.identifier),
            name=server.name,
            at=filling.at,
            actor=ACTOR,
        )
        for server in company.mcp_servers
    ]
    return [
        {"identifier": s.identifier, "name": s.name, "project": s.project, "url": s.url}
        for s in added
    ]


def _add_resource_server(identifier: str, audience: str, at: datetime) -> DemoResourceServer:
    secret = resource_servers.add_resource_server(
        identifier, audience=audience, auth_method=BASIC, at=at, actor=ACTOR
    )
    return {"client_id": identifier, "client_secret": secret, "audience": audience}


def _add_client(
    name: str, redirect_uris: tuple[str, ...], auth_method: str, filling: Filling
) -> DemoClient:
    client, secret = clients.add_client(
        name,
        redirect_uris=redirect_uris,
        auth_method=auth_method,
        grant_types=GRANT_TYPES if auth_method == "none" else USUAL_GRANT_TYPES,
        catalog=filling.catalog,
        at=filling.at,
        actor=ACTOR,
    )
    described: DemoClient = {
        "client_id": client.identifier,
        "name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": client.auth_method,
    }
    if secret is not None:
        described["client_secret"] = secret
    return described


def repoint(before: Demo, after: Demo) -> None:
    """Write the addresses of a moved demo to its database, sessions included; nothing else changes.

    Access tokens stay for where they were issued: they end within minutes.
    """
    if before["resource_server"] == after["resource_server"]:
        return
    with writing() as session:
        _move_servers(session, {s["identifier"]: s["url"] for s in after["mcp_servers"]})
        _move_audiences(session, {s["client_id"]: s["audience"] for s in after["resource_servers"]})
        _move_clients(session, {c["client_id"]: c["redirect_uris"] for c in after["clients"]})
        for row in session.scalars(select(ClientSession).where(ClientSession.ended_at.is_(None))):
            row.resources = [
                under(uri, before["resource_server"], after["resource_server"])
                for uri in row.resources
            ]


def _move_servers(session: Session, urls: Mapping[str, str]) -> None:
    for row in session.scalars(select(McpServer).where(McpServer.identifier.in_(urls))):
        row.url = urls[row.identifier]
        row.url_key = canonical(row.url)


def _move_audiences(session: Session, audiences: Mapping[str, str]) -> None:
    statement = select(ResourceServer).where(ResourceServer.identifier.in_(audiences))
    for row in session.scalars(statement):
        row.audience = audiences[row.identifier]
        row.audience_key = canonical(row.audience)


def _move_clients(session: Session, redirect_uris: Mapping[str, list[str]]) -> None:
    for row in session.scalars(select(Client).where(Client.identifier.in_(redirect_uris))):
        row.redirect_uris = redirect_uris[row.identifier]
