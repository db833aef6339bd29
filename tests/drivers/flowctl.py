"""A CLI that signs in as real ones do, with all that they leave out.

It knows a base URL, registers at every login, listens on a port of its own, sends no `resource`, checks
no `iss`, refreshes 60 seconds early, and forgets its file at logout without a word to the server.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

SCOPE = "api apps:admin apps:view flows:edit"
EARLY = 60


class Flowctl:
    """One installation with its token file; `open_browser` is what a person does with the URL."""

    def __init__(self, base: str, home: Path, open_browser: Callable[[str], str]) -> None:
        self.base, self.file, self.open_browser = base, home / "cli-token.json", open_browser
        self.http = httpx.Client(trust_env=False, timeout=15)

    def close(self) -> None:
        self.http.close()

    def _json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        answer = self.http.request(method, url, **more)
        assert answer.status_code in (200, 201), (url, answer.text)
        return dict(answer.json())

    def login(self) -> str:
        """Sign in; returns a sentence, as the program prints one."""
        if self.file.exists():
            return "Already authenticated"
        resource = self._json("GET", f"{self.base}/.well-known/oauth-protected-resource")
        server = resource["authorization_servers"][0]
        about = self._json("GET", f"{server}/.well-known/oauth-authorization-server")
        answers: list[dict[str, list[str]]] = []
        listener = HTTPServer(("127.0.0.1", 0), _callback(answers))
        redirect_uri = f"http://127.0.0.1:{listener.server_port}/callback"
        client = self._json(
            "POST", about["registration_endpoint"], json=_registration(redirect_uri)
        )
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        thread = Thread(target=listener.handle_request)
        thread.start()
        target = self.open_browser(f"{about['authorization_endpoint']}?{urlencode(query)}")
        assert self.http.get(target).status_code == 200
        thread.join()
        listener.server_close()
        (answer,) = answers
        assert answer["state"] == [state]  # compared before the error is read
        if "error" in answer:
            return f"Authentication failed: {answer['error'][0]}"
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": redirect_uri,
            "client_id": client["client_id"],
            "code_verifier": verifier,
        }
        self._keep(
            self._json("POST", about["token_endpoint"], data=form),
            client["client_id"],
            about["token_endpoint"],
        )
        return "Authenticated"

    def _keep(self, tokens: dict[str, Any], client_id: str, endpoint: str, old: str = "") -> None:
        kept = {
            "access_token": tokens["access_token"],
            "refresh_token": tokens.get("refresh_token", old),
            "expires_at": time.time() + tokens["expires_in"],
            "client_id": client_id,
            "token_endpoint": endpoint,
        }
        self.file.write_text(json.dumps(kept))

    def token(self) -> str:
        """Print the access token, refreshed a minute before it ends."""
        kept = json.loads(self.file.read_text())
        if kept["expires_at"] - EARLY < time.time():
            form = {
                "grant_type": "refresh_token",
                "refresh_token": kept["refresh_token"],
                "client_id": kept["client_id"],
            }
            tokens = self._json("POST", kept["token_endpoint"], data=form)
            self._keep(tokens, kept["client_id"], kept["token_endpoint"], kept["refresh_token"])
            kept = json.loads(self.file.read_text())
        return str(kept["access_token"])

    def let_run_out(self) -> None:
        """Make the kept token look as if it ended in half a minute."""
        kept = json.loads(self.file.read_text())
        self.file.write_text(json.dumps({**kept, "expires_at": time.time() + EARLY / 2}))

    def projects(self) -> httpx.Response:
        """Call the API."""
        bearer = {"Authorization": f"Bearer {self.token()}"}
        return self.http.get(f"{self.base}/api/projects", headers=bearer)

    def logout(self) -> None:
        """Forget the file; the server is told nothing."""
        self.file.unlink()


def _registration(redirect_uri: str) -> dict[str, Any]:
    return {
        "client_name": "Spaceflows CLI",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": SCOPE,
    }


def _callback(answers: list[dict[str, list[str]]]) -> type[BaseHTTPRequestHandler]:
    class Callback(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.append(parse_qs(urlsplit(self.path).query))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"You can close this page.")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Callback
