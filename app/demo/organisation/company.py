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
class CompanyTool:
    """A tool that works from a role on; `{text}` in its answer is what the caller sent."""

    name: str
    role: str
    description: str
    answer: str


@dataclass(frozen=True, slots=True)
class CompanyServer:
    """An MCP server with its tools, at least one for each role."""

    identifier: str
    name: str
    project: str
    tools: tuple[CompanyTool, ...]


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
        mcp_servers=tuple(
            CompanyServer(**{**s, "tools": tuple(CompanyTool(**tool) for tool in s["tools"])})
            for s in read["mcp_servers"]
        ),
        users=tuple(CompanyUser(**user) for user in read["users"]),
        clients=tuple(
            CompanyClient(c["name"], c["token_endpoint_auth_method"], tuple(c["redirect_uris"]))
            for c in read["clients"]
        ),
    )
