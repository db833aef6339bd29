"""What a process keeps for issuing tokens on the short way, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.services.directory.audiences import Audience
from app.services.directory.kept_audiences import KeptAudiences
from app.services.tokens.grounds import Grounds
from app.services.tokens.issuance import TokenSet
from app.services.tokens.kept_access import KeptAccess
from app.services.tokens.live_authorization import IssuancePolicy


@dataclass(frozen=True, slots=True)
class Kept:
    """Resources by their URIs, and the access of Authorizations."""

    audiences: KeptAudiences
    access: KeptAccess

    def recognition(self, grounds: Grounds, policy: IssuancePolicy) -> Callable[[str], Audience]:
        """Return what recognises a resource by its URI, as of grounds that were just read."""
        return partial(
            self.audiences.recognise, default=policy.default_audience, directory=grounds.directory
        )


@dataclass(frozen=True, slots=True)
class Issued:
    """New tokens, and their effective access as the answer describes it."""

    tokens: TokenSet
    details: str
