"""Refusals. Each has a public sentence and may carry a private detail for the log.

A face has one map from these classes to its own form; `tests/architecture` checks the maps.
"""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal with a sentence that may be shown and a detail that may not.

    `retry_after` says after how many seconds trying again makes sense; None when it does not.
    """

    retry_after: int | None = None

    def __init__(self, public: str, *, detail: str = "") -> None:
        super().__init__(public)
        self.public = public
        self.detail = detail


class Invalid(DomainError):
    """What was sent cannot be understood or is out of bounds."""


class NotFound(DomainError):
    """There is no such thing, or not for this user."""


class RequestExpired(NotFound):
    """A pending request has waited for too long; `parameters` are those of the wire, to begin again."""

    def __init__(
        self, public: str, *, parameters: Mapping[str, list[str]] | None = None, detail: str = ""
    ) -> None:
        super().__init__(public, detail=detail)
        self.parameters = parameters or {}


class Conflict(DomainError):
    """It exists already, or somebody changed it meanwhile."""


class Forbidden(DomainError):
    """The user may not do this, or not in this browser."""


class Throttled(DomainError):
    """Too many failed tries."""

    def __init__(self, public: str, *, retry_after: int, detail: str = "") -> None:
        super().__init__(public, detail=detail)
        self.retry_after = retry_after


class SignInRefused(DomainError):
    """That name and password do not match."""


class ConfirmationRequired(DomainError):
    """The sign-in is too old for this step: the password must be given again."""


class ChoiceRefused(DomainError):
    """A submitted choice cannot be taken; `problems` has a sentence for each part.

    `audit_subject` is set when the choice lay outside the offer: the refusal is recorded under it.
    """

    def __init__(
        self, public: str, *, problems: tuple[str, ...] = (), audit_subject: str = ""
    ) -> None:
        super().__init__(public)
        self.problems = problems or (public,)
        self.audit_subject = audit_subject


class AlreadyAnswered(DomainError):
    """The pending request was answered before."""


class CredentialRejected(DomainError):
    """The code or refresh token is unknown, spent, expired or ended (`invalid_grant`)."""


class RedirectUriRefused(DomainError):
    """A client asks for a redirect URI that may not be registered (`invalid_redirect_uri`)."""


class MetadataRefused(DomainError):
    """What a client says about itself cannot be taken (`invalid_client_metadata`)."""


class StatementRefused(DomainError):
    """A client brings a software statement that nobody here trusts."""


class RegistrationRefused(DomainError):
    """The initial or the registration access token is missing or wrong (`invalid_token`)."""


class DocumentRefused(DomainError):
    """The document at a client_id URL cannot be had or cannot be used."""


class TargetRejected(DomainError):
    """The resource is unknown or was not asked for at the start (`invalid_target`)."""


class ScopeRejected(DomainError):
    """The scope is unknown or wider than what was given (`invalid_scope`)."""


class AuthorizationDetailsRejected(DomainError):
    """The details are malformed, or more than was given (`invalid_authorization_details`)."""


class Unavailable(DomainError):
    """The database does not answer; trying again later is safe.

    `has_lost` says that nothing has happened because another transaction won: it may be tried at once.
    """

    retry_after = 1
    has_lost = False


class Misconfigured(DomainError):
    """The settings or the catalog cannot be used; `others` are more sentences of the same kind."""

    others: tuple[str, ...] = ()
