"""The shape of `demo.json`, which other programs read, and the same facts at other addresses."""

from typing import NotRequired, TypedDict

from app.demo.addresses import Addresses

TOOL_NAME = "Flow Assistant"


class DemoUser(TypedDict):
    """A person who can sign in."""

    username: str
    email: str
    password: str
    admin: bool
    roles: dict[str, str]


class DemoProject(TypedDict):
    """A project."""

    slug: str
    name: str


class DemoServer(TypedDict):
    """An MCP server, with the slug of its project."""

    identifier: str
    name: str
    project: str
    url: str


class DemoResourceServer(TypedDict):
    """A resource server with its credentials for introspection."""

    client_id: str
    client_secret: str
    audience: str


class DemoClient(TypedDict):
    """A client; without a secret when it is public."""

    client_id: str
    client_secret: NotRequired[str]
    name: str
    redirect_uris: list[str]
    token_endpoint_auth_method: str


class Demo(TypedDict):
    """All of `demo.json`; `pid` is the process to end, `tool` and `resource_server` are URLs."""

    issuer: str
    pid: int
    users: list[DemoUser]
    projects: list[DemoProject]
    mcp_servers: list[DemoServer]
    resource_servers: list[DemoResourceServer]
    clients: list[DemoClient]
    tool: str
    resource_server: str


def moved(demo: Demo, to: Addresses) -> Demo:
    """Return the same demo at other addresses; people, names and secrets stay."""
    before, after = demo["resource_server"], to.resource_server
    return {
        **demo,
        "issuer": to.issuer,
        "tool": to.tool,
        "resource_server": after,
        "mcp_servers": [{**s, "url": under(s["url"], before, after)} for s in demo["mcp_servers"]],
        "resource_servers": [
            {**s, "audience": under(s["audience"], before, after)} for s in demo["resource_servers"]
        ],
        "clients": [
            {**c, "redirect_uris": [under(u, demo["tool"], to.tool) for u in c["redirect_uris"]]}
            for c in demo["clients"]
        ],
    }


def under(url: str, before: str, after: str) -> str:
    """Return the URL below `after` if it is below `before`, else the URL as it is."""
    return after + url.removeprefix(before) if url.startswith(f"{before}/") else url


def tool_of(demo: Demo) -> DemoClient:
    """Return the example tool's own registration."""
    return next(c for c in demo["clients"] if c["name"] == TOOL_NAME)


def credentials_of(demo: Demo, client_id: str) -> tuple[str, str]:
    """Return what a resource server sends to the introspection endpoint by HTTP Basic."""
    found = next(s for s in demo["resource_servers"] if s["client_id"] == client_id)
    return found["client_id"], found["client_secret"]
