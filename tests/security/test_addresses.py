"""Every address but the public ones asks for the sign-in, and every change for the CSRF field."""

from __future__ import annotations

import re

from tests.drivers.world import World

PUBLIC = {
    "static",
    "web.accent",
    "web.logo",
    "web.tool_logo",
    "authorization.authorize",
    "oauth.token",
    "oauth.introspect",
    "oauth.revoke",
    "oauth.server_metadata",
    "leak_reports.report_leaks",
    "oauth.device_authorization",
    "oauth.details_type",
    "registration.register",
    "registration.configuration",
    "web.home",
    "web.healthz",
    "web.readyz",
    "web.security_txt",
    "web.login",
    "web.sign_in_",
    "web.logout",
    "web.password_link",
    "web.password_by_link",
    "web.set_up",
    "web.set_up_by_link",
    "web.manual",
    "web.manual_page",
    "api.openapi",
    "api.operations",
}


def test_every_other_address_asks_for_the_sign_in(lone_world: World) -> None:
    http = lone_world.app.test_client()
    lone_world.app.config["WTF_CSRF_ENABLED"] = False
    for rule in lone_world.app.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        if rule.endpoint.startswith("api."):  # for programs, which have no cookie
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                assert http.open(path, method=method).status_code == 401, rule
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            response = http.open(path, method=method)
            if path.endswith("/summary"):  # for a script, which follows nowhere
                assert response.status_code == 401, rule
            else:
                assert response.location.startswith("/login"), rule


def test_every_state_change_needs_the_csrf_field(lone_world: World) -> None:
    http = lone_world.app.test_client()
    for rule in lone_world.app.url_map.iter_rules():
        if "POST" in (rule.methods or set()) and not rule.endpoint.startswith(
            ("oauth.", "leak_reports.", "registration.", "api.")
        ):
            path = re.sub(r"<[^>]+>", "x", rule.rule)
            assert http.post(path).status_code == 403, rule
