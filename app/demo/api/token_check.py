"""The token check of the example API: it turns a token into what that token may do at this moment."""

import re

from app.demo.api import bearer_tokens
from app.demo.api.bearer_tokens import INSUFFICIENT_SCOPE, INVALID_TOKEN, Refused
from app.demo.api.introspection import Introspector, ProjectAccess, TokenAccess

API = "api"
EDIT_FLOWS = "flows:edit"
SLUG = re.compile(r"[a-z0-9._-]{1,80}")


class TokenCheck:
    """Where every call comes through; `audience` is what tokens must be for."""

    def __init__(self, mandate: Introspector, audience: str) -> None:
        self._mandate = mandate
        self._audience = audience

    def api(self, *, action: str = "", project: str = "") -> TokenAccess:
        """Return the access of a call; raises Refused or MandateAway."""
        access = self._mandate.ask(
            bearer_tokens.presented_token(),
            resource=self._audience,
            capability=f"{API} {action}".strip(),
            project=project,
        )
        if access is None or not access.is_for(self._audience):
            raise Refused(INVALID_TOKEN)
        if API not in access.scope:
            raise Refused(INSUFFICIENT_SCOPE, scope=API, denied=access.denied)
        return access

    def project(self, slug: str, *, action: str = "") -> ProjectAccess:
        """Return the access to a project, if the token may do `action` there; raises Refused.

        A project that does not exist is refused in the same words as one that is out of reach.
        """
        told = slug if SLUG.fullmatch(slug) else ""
        access = self.api(action=action, project=told)
        found = access.projects.get(slug)
        if found is None or (action and action not in found.actions):
            raise Refused(INSUFFICIENT_SCOPE, scope=action or API, denied=access.denied)
        return found
