"""The shipped nginx file, run by nginx: in front of Mandate, and in front of servers that fail."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.services.audit import Entry
from tests.drivers.clock import Clock
from tests.drivers.deployment import Prepared, environment, running_world
from tests.drivers.live_server import forked, free_port
from tests.drivers.nginx import HOST, Nginx, program, running_nginx
from tests.drivers.sites import Site, answer, authority, site
from tests.drivers.tool import CSRF
from tests.drivers.world import PASSWORD

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(program() is None, reason="optional: .ci/run installs nginx"),
]
FORGED = "203.0.113.9"
FORGERIES = {
    "X-Forwarded-For": FORGED,
    "X_Forwarded_For": FORGED,
    "Forwarded": f"for={FORGED}",
    "X-Real-IP": FORGED,
}


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of the authority that signed the certificate."""
    path = tmp_path_factory.mktemp("trust") / "root.pem"
    path.write_bytes(authority().root)
    return str(path)


@pytest.fixture
def http(trust: str) -> Iterator[requests.Session]:
    """A client that asks for the shipped name and trusts the test's authority."""
    with requests.Session() as session:
        session.verify = trust
        session.headers["Host"] = HOST
        session.trust_env = False
        yield session


@pytest.fixture
def mandate(lone_database: Prepared, tmp_path: Path) -> Iterator[Nginx]:
    """nginx in front of `mandate serve`."""
    port = free_port()
    settings = environment(
        lone_database.url, MANDATE_ISSUER=f"https://{HOST}", MANDATE_PROXY_HOPS="1"
    )
    with (
        forked(settings, port=port, workers=1, log=tmp_path / "log"),
        running_nginx(tmp_path, port) as nginx,
    ):
        yield nginx


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[tuple[Nginx, Site]]:
    """nginx in front of a server that keeps what it is sent."""
    with site(answer({}), tls=False) as behind, running_nginx(tmp_path, behind.port) as nginx:
        yield nginx, behind


def sign_ins(database: Prepared) -> list[Entry]:
    with running_world(database, Clock()) as world:
        return world.audit("user.signed_in")


def test_a_person_signs_in_and_a_stranger_cannot_choose_the_address_that_is_recorded(
    mandate: Nginx, http: requests.Session, lone_database: Prepared
) -> None:
    page = http.get(f"{mandate.url}/login", headers=FORGERIES)
    assert page.status_code == 200
    assert "__Host-mandate" in page.headers["Set-Cookie"]
    token = CSRF.search(page.text)
    assert token
    fields = {"csrf_token": token[1], "username": "ben", "password": PASSWORD.format("ben")}
    signed_in = http.post(
        f"{mandate.url}/login", data=fields, headers=FORGERIES, allow_redirects=False
    )
    assert signed_in.status_code == 303
    assert http.get(f"{mandate.url}/settings/account").status_code == 200
    [entry] = sign_ins(lone_database)
    assert entry.detail["address"] == "127.0.0.1"


def test_programs_reach_the_metadata_and_introspection(
    mandate: Nginx, http: requests.Session, lone_database: Prepared
) -> None:
    metadata = http.get(f"{mandate.url}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == f"https://{HOST}"
    credentials = ("api", lone_database.world.secrets["api"])
    introspected = http.post(
        f"{mandate.url}/oauth/introspect", data={"token": "x"}, auth=credentials
    )
    assert introspected.json() == {"active": False}
    assert http.get(f"{mandate.url}/.well-known/security.txt").status_code == 200
    assert http.get(f"{mandate.url}/readyz").json() == {"status": "ok"}


def test_a_body_that_is_too_large_is_refused_before_mandate_sees_it(
    echo: tuple[Nginx, Site], http: requests.Session
) -> None:
    nginx, behind = echo
    assert http.post(f"{nginx.url}/oauth/token", data=b"x" * 2_100_000).status_code == 413
    assert behind.connections == 0
    assert http.post(f"{nginx.url}/oauth/token", data=b"x" * 1_000_000).status_code != 413
    assert behind.connections == 1


def test_only_what_nginx_itself_says_of_the_client_is_handed_on(
    echo: tuple[Nginx, Site], http: requests.Session
) -> None:
    nginx, behind = echo
    http.get(f"{nginx.url}/login", headers={**FORGERIES, "Host": "evil.example"})
    [request] = behind.requests
    head = request.decode().lower()
    assert FORGED not in head
    assert "\r\nx-forwarded-for: 127.0.0.1\r\n" in head
    assert "x_forwarded_for" not in head


def test_a_body_that_comes_slowly_waits_in_front(echo: tuple[Nginx, Site]) -> None:
    nginx, behind = echo
    with connected(nginx) as client:
        head = f"POST /oauth/token HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 4\r\n\r\n"
        client.sendall(head.encode() + b"ab")
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert behind.connections == 0
        client.settimeout(5)
        client.sendall(b"cd")
        assert client.recv(12) == b"HTTP/1.1 200"
    assert behind.requests[0].endswith(b"\r\n\r\nabcd")


def die(connection: socket.socket) -> None:
    """Close a connection after the request, without an answer."""
    connection.close()


def test_a_get_goes_to_another_server_when_one_dies_and_a_post_does_not(
    tmp_path: Path, http: requests.Session
) -> None:
    with (
        site(die, tls=False) as dying,
        site(answer({}), tls=False) as good,
        running_nginx(tmp_path, dying.port, good.port) as nginx,
    ):
        posted = http.post(f"{nginx.url}/oauth/token", data={"code": "once"})
        assert (posted.status_code, dying.connections, good.connections) == (502, 1, 0)
        statuses = [http.get(f"{nginx.url}/login").status_code for _ in range(4)]
        assert statuses == [200] * 4
        assert dying.connections > 1, "a GET met the dying server and went on"
        posts = [request for request in good.requests if request.startswith(b"POST")]
        assert posts == []


def connected(nginx: Nginx, **bounds: ssl.TLSVersion) -> ssl.SSLSocket:
    """Open a connection with TLS, of one version if it is given."""
    context = ssl.create_default_context(cadata=authority().root.decode())
    context.set_alpn_protocols(["h2", "http/1.1"] if bounds else ["http/1.1"])
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    for name, version in bounds.items():
        setattr(context, name, version)
    raw = socket.create_connection(("127.0.0.1", nginx.secure_port), timeout=5)
    return context.wrap_socket(raw, server_hostname="127.0.0.1")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused_and_http_2_is_spoken(echo: tuple[Nginx, Site]) -> None:
    nginx, _ = echo
    version = ssl.TLSVersion
    for good in (version.TLSv1_2, version.TLSv1_3):
        with connected(nginx, minimum_version=good, maximum_version=good) as client:
            assert client.selected_alpn_protocol() == "h2"
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        connected(nginx, minimum_version=version.TLSv1_1, maximum_version=version.TLSv1_1)


def test_http_leads_to_https_at_the_name_of_the_server(echo: tuple[Nginx, Site]) -> None:
    nginx, behind = echo
    answered = requests.post(
        f"http://127.0.0.1:{nginx.port}/oauth/token?a=b",
        headers={"Host": "evil.example"},
        allow_redirects=False,
        timeout=5,
    )
    assert answered.status_code == 308
    assert answered.headers["Location"] == f"https://{HOST}/oauth/token?a=b"
    assert behind.connections == 0
