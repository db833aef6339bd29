"""The company of the demo, as `company.toml` describes it: no secrets, no addresses, no database."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("company.toml")


@dataclass(frozen=True, slots=True)
class CompanyProject:
    """A project and the names of the flows that it starts with."""

    slug: str
    name: str
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompanyServer:
    """An MCP server; `tools` are pairs of name and description."""

    identifier: str
    name: str
    project: str
    tools: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CompanyUser:
    """A user with the roles by project; `about` is for the people who run the demo."""

    username: str
    email: str
    admin: bool
    about: str
    roles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompanyClient:
    """A client of somebody else than the demo's own tool."""

    name: str
    token_endpoint_auth_method: str
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """All that the demo fills a database with."""

    name: str
    projects: tuple[CompanyProject, ...]
    mcp_servers: tuple[CompanyServer, ...]
    users: tuple[CompanyUser, ...]
    clients: tuple[CompanyClient, ...]


@cache
def company() -> Company:
    """Return the company that ships with the demo."""
    read: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Company(
        name=read["name"],
        projects=tuple(
            CompanyProject(p["slug"], p["name"], tuple(p["flows"])) for p in read["projects"]
        ),
        mcp_servers=tuple(_server(s) for s in read["mcp_servers"]),
        users=tuple(CompanyUser(**user) for user in read["users"]),
        clients=tuple(
            CompanyClient(c["name"], c["token_endpoint_auth_method"], tuple(c["redirect_uris"]))
            for c in read["clients"]
        ),
    )


def _server(entry: dict[str, Any]) -> CompanyServer:
    pairs = tuple((name, about) for name, _, about in (t.partition(": ") for t in entry["tools"]))
    return CompanyServer(entry["identifier"], entry["name"], entry["project"], pairs)
