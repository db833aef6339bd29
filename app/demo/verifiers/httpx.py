"""Put any Python server behind Mandate: httpx alone, with answers kept for 30 seconds at most."""

import threading
import time
from hashlib import sha256
from typing import Any

import httpx

KEPT_FOR = 30.0  # seconds that a change may take to hold here


class Verifier:
    """Asks about tokens; `http` has the credentials: httpx.Client(auth=(client_id, secret))."""

    def __init__(self, http: httpx.Client, endpoint: str, resource: str) -> None:
        self._http, self._endpoint, self._resource = http, endpoint, resource
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._newest: dict[str, int] = {}
        self._lock = threading.Lock()

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return Mandate's answer, or None for a token that is not good here."""
        key, now = sha256(token.encode()).hexdigest(), time.time()
        until, answer = self._kept.get(key, (0.0, {}))
        newest = self._newest.get(answer.get("authorization_id", ""), 0)
        if now >= until or answer["authorization_version"] < newest:
            form = {"token": token, "resource": self._resource}
            answer = self._http.post(self._endpoint, data=form).raise_for_status().json()
            if not answer["active"] or answer["aud"] != self._resource:
                return None
            self._keep(key, min(now + KEPT_FOR, answer.get("exp", now + KEPT_FOR)), answer)
        return answer

    def _keep(self, key: str, until: float, answer: dict[str, Any]) -> None:
        one, version = answer["authorization_id"], answer["authorization_version"]
        with self._lock:  # an edit makes a new version: older answers count no more, for any token
            self._newest[one] = max(version, self._newest.get(one, 0))
            self._kept = {k: kept for k, kept in self._kept.items() if kept[0] > time.time()}
            self._kept[key] = until, answer
