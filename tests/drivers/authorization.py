"""What the authorization endpoint answers: a page, or an error in a redirect."""

from __future__ import annotations

from werkzeug.test import TestResponse

from tests.drivers.deployment import ISSUER
from tests.drivers.tool import answer_of

R0 = "https://app.example/callback"


def is_page(response: TestResponse) -> bool:
    """AZ's PAGE: 400, HTML, no way out to an untrusted URI."""
    return (
        response.status_code == 400
        and response.mimetype == "text/html"
        and "Location" not in response.headers
        and "evil" not in response.text
        and "http-equiv" not in response.text
        and "<script" not in response.text
    )


def error_of(response: TestResponse, uri: str = R0) -> str:
    """AZ's ERR(e): a redirect to R0 with one error, state and iss, and no code."""
    assert response.status_code in (302, 303), response.text
    assert response.location.startswith(uri + "?"), response.location
    answer = answer_of(response.location)
    assert answer["iss"] == ISSUER
    assert "code" not in answer
    assert "#" not in response.location
    return answer["error"]
