"""The exit codes of the command line: one for each kind of refusal."""

from app.domain import errors

EXIT_CODES: dict[type[errors.DomainError], int] = {
    errors.Invalid: 2,
    errors.NotFound: 3,
    errors.RequestExpired: 3,
    errors.Conflict: 4,
    errors.Forbidden: 5,
    errors.Throttled: 6,
    errors.SignInRefused: 5,
    errors.ConfirmationRequired: 5,
    errors.ChoiceRefused: 2,
    errors.AlreadyAnswered: 4,
    errors.CredentialRejected: 5,
    errors.RedirectUriRefused: 2,
    errors.MetadataRefused: 2,
    errors.StatementRefused: 2,
    errors.RegistrationRefused: 5,
    errors.DocumentRefused: 2,
    errors.TargetRejected: 2,
    errors.ScopeRejected: 2,
    errors.AuthorizationDetailsRejected: 2,
    errors.Unavailable: 7,
    errors.Misconfigured: 8,
}
INTERRUPTED = 130
UNKNOWN = 70
