"""Which addresses programs call and which people open: it decides the form of errors and cookies."""

PROGRAM_PATHS = ("/oauth/", "/.well-known/", "/api/", "/healthz", "/readyz")
BROWSER_PATHS = ("/oauth/authorize", "/oauth/continue/")


def is_for_programs(path: str) -> bool:
    """Say whether programs call this address: JSON errors, no cookie."""
    return path.startswith(PROGRAM_PATHS) and not path.startswith(BROWSER_PATHS)
