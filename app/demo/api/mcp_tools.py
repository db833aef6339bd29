"""The tools of a demo MCP server: each answer depends on what Mandate says about this call."""

from collections.abc import Callable, Coroutine
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

from app.demo.organisation.company import CompanyServer, CompanyTool
from app.demo.verifiers.mcp import MandateVerifier

EDIT_FLOWS = "flows:edit"
TOO_FAR = "The token does not reach that far."
ROLES = ("viewer", "editor", "admin")  # the least first, as in Mandate's catalog


class Caller(BaseModel):
    """Who calls, as Mandate describes them; `role` is theirs on this MCP server."""

    username: str
    role: str


class ProjectReach(BaseModel):
    """A project that was delegated: the role in it, and the capabilities that act there."""

    project: str
    role: str
    actions: list[str]


class ServerReach(BaseModel):
    """An MCP server that was delegated, and the user's role in its project."""

    url: str
    role: str


class Reach(BaseModel):
    """All that the token may do now."""

    capabilities: list[str]
    projects: list[ProjectReach]
    mcp_servers: list[ServerReach]


class ServerTools:
    """What the tools of one MCP server do; `url` is the server's."""

    def __init__(self, server: CompanyServer, url: str, verifier: MandateVerifier) -> None:
        self._server = server
        self._url = url
        self._verifier = verifier

    async def whoami(self) -> Caller:
        """Say who you are here: your name and your role on this server."""
        return Caller(username=_claims()["username"], role=self._role())

    async def what_may_i_do(self) -> Reach:
        """Say what you were given: capabilities, MCP servers, and projects with role and actions."""
        self._role()
        claims = _claims()
        return Reach(
            capabilities=claims["scope"].split(),
            projects=[
                ProjectReach(project=d["identifier"], role=d["privileges"][0], actions=d["actions"])
                for d in claims["authorization_details"]
                if d["type"] == "project"
            ],
            mcp_servers=[
                ServerReach(url=url, role=d["privileges"][0])
                for d in claims["authorization_details"]
                if d["type"] == "mcp_server"
                for url in d["locations"]
            ],
        )

    async def add_flow(self, text: str = "") -> str:
        """Add a flow to the project of this server; text is its name. Needs flows:edit there."""
        self._role()
        project = self._server.project
        call = {"capability": f"mcp {EDIT_FLOWS}", "project": project}
        answer = await self._verifier.ask(_token().token, **call)
        actions = {
            d["identifier"]: d["actions"]
            for d in answer.get("authorization_details", ())
            if d["type"] == "project"
        }
        if EDIT_FLOWS not in actions.get(project, ()):
            denied = answer.get("denied")  # says it to the person; the actions decide
            raise ToolError(f"{denied['message']} {denied['link']}" if denied else TOO_FAR)
        return f"The flow {text or 'without a name'} was added to {project}."

    def of_role(self, tool: CompanyTool) -> Callable[[str], Coroutine[Any, Any, str]]:
        """Return a tool that works from its role on."""

        async def work(text: str = "") -> str:
            role = self._role()
            if ROLES.index(role) < ROLES.index(tool.role):
                raise ToolError(
                    f"this tool is for the role {tool.role}; on {self._server.name} you are {role}."
                )
            return tool.answer.replace("{text}", text)

        return work

    def _role(self) -> str:
        """Return the caller's role on this server; raises ToolError when it was not delegated."""
        for detail in _claims()["authorization_details"]:
            if detail["type"] == "mcp_server" and self._url in detail["locations"]:
                return str(detail["privileges"][0])
        raise ToolError(f"{self._server.name} is not among what was given.")


def _claims() -> dict[str, Any]:
    return _token().claims or {}


def _token() -> AccessToken:
    token = get_access_token()
    if token is None or token.claims is None:
        raise ToolError("Nobody has signed in.")  # the SDK lets no such call through
    return token
