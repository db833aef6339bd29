"""Mandate: an OAuth 2.0 authorization server with fine, live, revocable delegation.

This module is the composition root: the only one that knows every face.
"""

import gc
import os
import sys

from flask import Flask
from jinja2 import StrictUndefined

from app import extensions
from app.api import api
from app.database import engine
from app.http import headers, limits, proxies, shared_counters, static_files, unmapped_failures
from app.http.browser import BrowserSessions, signed_in_user
from app.http.deadline import Deadline
from app.http.first_request import FirstRequest
from app.http.mount import Mount
from app.oauth import cors
from app.oauth.endpoints import (
    BROWSER_BLUEPRINTS,
    PROGRAM_BLUEPRINTS,
    fast_introspection,
    fast_revocation,
    fast_token,
)
from app.oauth.server import install as install_oauth
from app.oauth.short_way import Answerer, ShortWay
from app.runtime import activity_writer, audit_thread, current, logs, misses, pulse
from app.settings import Settings, resource_dir
from app.web import template_names, web

QUIET = frozenset({static_files.ENDPOINT, "oauth.introspect", "web.healthz", "web.readyz"})


def create_app(settings: Settings) -> Flask:
    """Return the Flask app of a deployment; binds everything and reads nothing from outside."""
    app = Flask(__name__, template_folder=str(resource_dir("templates")), static_folder=None)
    app.config.from_mapping(_config(settings))
    app.jinja_env.undefined = StrictUndefined
    app.url_map.merge_slashes = False  # one address, one spelling, and no redirect of the router
    app.session_interface = BrowserSessions()
    current.bind(app, settings)
    activity_writer.install(app)
    audit_thread.install(app)
    misses.install(app)
    pulse.install(app, settings.database.timeout)
    logs.configure()
    logs.install(app, quiet=QUIET)
    headers.install(app)
    static_files.install(app)
    limits.install(app)
    unmapped_failures.install(app)
    cors.install(app)
    _bind_extensions(app, settings)
    install_oauth(app)
    for face in (*BROWSER_BLUEPRINTS, *PROGRAM_BLUEPRINTS, api, web):
        app.register_blueprint(face)
    for face in (*PROGRAM_BLUEPRINTS, api):
        extensions.csrf.exempt(face)
    answerers: dict[str, Answerer] = {
        fast_introspection.PATH: fast_introspection.FastIntrospection(app),
        fast_token.PATH: fast_token.FastToken(app),
        fast_revocation.PATH: fast_revocation.FastRevocation(app),
    }
    app.wsgi_app = ShortWay(app, answerers, is_https=settings.is_https)  # type: ignore[method-assign]
    if settings.path:
        app.wsgi_app = Mount(app.wsgi_app, settings.path)  # type: ignore[method-assign]
    proxies.install(app, settings.proxy_hops)
    app.wsgi_app = Deadline(app.wsgi_app, settings.database.timeout)  # type: ignore[method-assign]
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_keys[0],
        "SECRET_KEY_FALLBACKS": [*settings.secret_keys[1:]],
        "WTF_CSRF_SECRET_KEY": settings.signing_keys,  # Flask-WTF knows no fallbacks
        "SQLALCHEMY_DATABASE_URI": settings.database.url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine.engine_options(settings.database),
        "SQLALCHEMY_BINDS": {engine.HOT_PATH: engine.hot_path_options(settings.database)},
        "SESSION_COOKIE_NAME": "__Host-mandate" if settings.is_https else "mandate",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # our pages send no referrer; the token is bound to the cookie
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_STORAGE_OPTIONS": shared_counters.options(settings.redis_url),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
        "RATELIMIT_HEADERS_ENABLED": False,
    }


def _bind_extensions(app: Flask, settings: Settings) -> None:
    extensions.db.init_app(app)
    extensions.migrate.init_app(app, extensions.db, directory=str(resource_dir("migrations")))
    extensions.csrf.init_app(app)
    # Registered in advance, it adds no hooks to every request; the one limited view checks itself.
    app.extensions["limiter"] = {extensions.limiter}
    extensions.limiter.init_app(app)
    shared_counters.install()
    extensions.login.init_app(app)
    extensions.login.session_protection = None  # the session is checked in the database
    everywhere = {"issuer": settings.issuer, "brand": settings.brand}
    app.context_processor(lambda: {"user": signed_in_user(), **everywhere})
    template_names.install(app)


def from_environment() -> Flask:
    """Return the app of the environment's settings: what a server process builds."""
    app = create_app(Settings.from_environ(os.environ))
    begin = audit_thread.thread_of(app).start
    app.wsgi_app = FirstRequest(app.wsgi_app, begin)  # type: ignore[method-assign]
    return app


def main() -> None:
    """Run the command line."""
    from app.cli import run
    from app.demo.command import demo

    # What was loaded lives to the end. Walking through it once more then took a fifth of a command.
    gc.freeze()
    sys.exit(run(create_app, demo))
