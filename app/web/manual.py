"""The manual that ships with the server, at /docs, with the addresses of this deployment in it.

The pages are the Markdown files of `app/manual`. Their code holds placeholders such as `{{issuer}}`;
`_values` knows each. A page is rendered once for an app and kept. No sign-in is needed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any

from flask import current_app, render_template
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from app.domain.errors import NotFound
from app.runtime.current import settings
from app.web import web

FRONT = "index"
PAGES = (FRONT, "tools", "resource-servers", "people", "operators", "management-api", "scale")
KEPT = "mandate.manual"
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
PAGE_LINK = re.compile(r"([a-z-]+)\.md(#[a-z0-9-]+)?")
EXAMPLE = ("api", "flows:edit")  # of the built-in catalog
NO_ANCHOR = re.compile(r"[^a-z0-9]+")
ADDRESSES = {
    "metadata_url": "oauth.server_metadata",
    "authorization_endpoint": "authorization.authorize",
    "token_endpoint": "oauth.token",
    "revocation_endpoint": "oauth.revoke",
    "introspection_endpoint": "oauth.introspect",
    "device_authorization_endpoint": "oauth.device_authorization",
    "registration_endpoint": "registration.register",
    "leak_report_endpoint": "leak_reports.report_leaks",
    "device_page": "web.device_page",
    "sign_in_page": "web.login",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page: its text, and the anchor that leads to it."""

    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Page:
    """A rendered page; `html` holds no markup but the renderer's own."""

    name: str
    title: str
    html: str
    sections: tuple[Heading, ...]


@web.get("/docs")
def manual() -> str:
    """Show the first page of the manual."""
    return _shown(FRONT)


@web.get("/docs/<name>")
def manual_page(name: str) -> str:
    """Show another page of the manual."""
    if name == FRONT or name not in PAGES:
        raise NotFound("The manual has no such page.")
    return _shown(name)


def _shown(name: str) -> str:
    kept: dict[str, Page] = current_app.extensions.setdefault(KEPT, {})
    for page in PAGES:
        if page not in kept:
            kept[page] = rendered(page, source(page))
    pages = [(_address_of(page), kept[page].title, page == name) for page in PAGES]
    return render_template("manual.html", page=kept[name], pages=pages)


def source(name: str) -> str:
    """Return the Markdown of a page, with its placeholders."""
    return files("app").joinpath("manual", f"{name}.md").read_text(encoding="utf-8")


def rendered(name: str, text: str) -> Page:
    """Render Markdown for the running app; raises KeyError for an unknown placeholder."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=Renderer).enable("table")
    tokens = parser.parse(text)
    _fill(tokens, _values())
    headings = list(_anchored(tokens))
    html = parser.renderer.render(tokens, parser.options, {})
    return Page(name, headings[0].text, html, tuple(headings[1:]))


def _values() -> dict[str, str]:
    """Return what each placeholder stands for; nothing of it comes from a request."""
    own = settings()
    names = list(own.catalog.capabilities)
    return {
        "issuer": own.issuer,
        "default_audience": own.default_audience,
        "registration": own.registration.mode,
        "client_documents": own.documents.said,
        "redirect_schemes": " ".join(sorted(own.registration.schemes)) or "none",
        "capabilities": " ".join(names),
        "scope": " ".join(name for name in EXAMPLE if name in names) or names[0],
        **{name: own.issuer + _path(endpoint) for name, endpoint in ADDRESSES.items()},
    }


def _path(endpoint: str, **values: str) -> str:
    """Return the path of a route below the issuer, whatever host the request came to."""
    return current_app.url_map.bind("").build(endpoint, values)


def _address_of(page: str) -> str:
    path = _path("web.manual") if page == FRONT else _path("web.manual_page", name=page)
    return settings().path + path


def _fill(tokens: Sequence[Token], values: dict[str, str]) -> None:
    """Fill placeholders in, and turn links between the files into links between the pages."""
    for token in tokens:
        token.content = PLACEHOLDER.sub(lambda found: values[found[1]], token.content)
        link = PAGE_LINK.fullmatch(str(token.attrs.get("href", "")))
        if link is not None:
            token.attrSet("href", _address_of(link[1]) + (link[2] or ""))
        _fill(token.children or (), values)


def _anchored(tokens: Sequence[Token]) -> Iterator[Heading]:
    """Give each heading its anchor; yields the title and the sections."""
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(part.content for part in inline.children or ())
            anchor = NO_ANCHOR.sub("-", text.lower()).strip("-")
            opening.attrSet("id", anchor)
            if opening.tag in ("h1", "h2"):
                yield Heading(text, anchor)


class Renderer(RendererHTML):
    """markdown-it's HTML, with tables and code that scroll by themselves on a narrow screen."""

    def table_open(self, *_: Any) -> str:
        """Open a table inside a frame that scrolls, by keyboard too."""
        return '<div class="scrolls" role="group" aria-label="Table" tabindex="0"><table>\n'

    def table_close(self, *_: Any) -> str:
        """Close the table and its frame."""
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        """Show a block of code; its info string, such as `sh` or `sh norun`, stays with it."""
        info, code = tokens[idx].info.strip(), escape(tokens[idx].content, quote=False)
        return f'<pre tabindex="0" data-block="{escape(info)}"><code>{code}</code></pre>\n'
