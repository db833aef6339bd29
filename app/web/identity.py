"""What is known about the tool that asks, for the consent page."""

from dataclasses import dataclass

from app.domain.clients.redirect_uris import host_of, is_loopback, is_web
from app.services.clients.clients import ClientInfo
from app.services.consent.requests import RequestDetails
from app.web.logos import logo_address

SHORT = 40


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known about the tool that asks.

    `publisher` is the host that its metadata document was read from, if it has one. `lands` says where
    the answer goes: `web`, `loopback` (a program on the computer), `app` (a private-use scheme) or
    `device`. `logo` is the address of a picture that we keep of it, or empty.
    """

    name: str
    host: str
    verified: bool
    publisher: str
    lands: str
    logo: str = ""

    @property
    def short_name(self) -> str:
        """Return the name as it fits into a sentence."""
        return self.name if len(self.name) <= SHORT else f"{self.name[: SHORT - 1]}…"


def identity_of(client: ClientInfo, details: RequestDetails) -> Identity:
    """Return what is known about a client, and where its answer goes."""
    return Identity(
        client.name,
        host_of(details.redirect_uri),
        client.is_verified,
        client.publisher,
        _landing(client, details),
        logo_address(client.logo),
    )


def _landing(client: ClientInfo, details: RequestDetails) -> str:
    if details.device:
        return "device"
    if is_loopback(details.redirect_uri) or all(is_loopback(uri) for uri in client.redirect_uris):
        return "loopback"
    return "web" if is_web(details.redirect_uri) else "app"
