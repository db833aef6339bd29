"""Settings of metadata documents: from which hosts they are taken, and by which way out."""

from __future__ import annotations

import pytest

from app.domain.errors import Misconfigured
from app.settings.client_documents import ClientDocuments, client_documents_of

SECRET = "http://user:hidden@proxy.example:port"


def read(documents: str = "", proxy: str = "") -> ClientDocuments:
    return client_documents_of(
        {"MANDATE_CLIENT_DOCUMENTS": documents, "MANDATE_OUTBOUND_PROXY": proxy}
    )


@pytest.mark.parametrize(
    ("text", "on", "advertised", "included", "refused"),
    [
        ("", True, True, ["claude.ai", "localhost"], []),
        ("on", True, True, ["claude.ai"], []),
        (" ON ", True, True, ["claude.ai"], []),
        ("off", False, False, [], ["claude.ai", "localhost"]),
        (" Off", False, False, [], ["claude.ai"]),
        ("claude.ai", True, True, ["claude.ai", "CLAUDE.AI"], ["x.claude.ai", "claude.ai.", "ai"]),
        (" Claude.AI , vscode.dev ", True, True, ["claude.ai", "vscode.dev"], ["chatgpt.com"]),
        ("localhost,127.0.0.1,[::1]", True, False, ["localhost", "127.0.0.1", "::1"], ["a.b"]),
        ("localhost,claude.ai", True, True, ["localhost", "claude.ai"], ["127.0.0.1"]),
    ],
)
def test_documents_are_taken_from_these_hosts(
    text: str, on: bool, advertised: bool, included: list[str], refused: list[str]
) -> None:
    found = read(text)
    assert (found.are_on, found.are_advertised) == (on, advertised)
    assert [host for host in included if not found.include(host)] == []
    assert [host for host in refused if found.include(host)] == []


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("", None),
        ("  ", None),
        ("http://proxy.example", "http://proxy.example"),
        (" http://proxy.example:3128/ ", "http://proxy.example:3128"),
        ("https://u:p%40ss@proxy.example:443", "https://u:p%40ss@proxy.example:443"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("http://10.0.0.8:3128", "http://10.0.0.8:3128"),
        ("HTTP://Proxy.example:3128", "HTTP://Proxy.example:3128"),
    ],
)
def test_a_proxy_is_a_url_of_a_host_and_a_port(text: str, proxy: str | None) -> None:
    assert read(proxy=text).proxy == proxy


def test_the_password_of_a_proxy_is_shown_nowhere() -> None:
    with pytest.raises(Misconfigured) as refusal:
        read(proxy=SECRET)
    assert "hidden" not in refusal.value.public + refusal.value.detail
    good = read(proxy=SECRET.replace("port", "3128"))
    assert "hidden" not in repr(good) + " ".join(good.notes())


@pytest.mark.parametrize("text", ["", "on", "off"])
def test_only_a_list_of_hosts_names_somebody(text: str) -> None:
    assert read(text).named == frozenset()
    assert read("Claude.ai,[::1]").named == {"claude.ai", "::1"}
