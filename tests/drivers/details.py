"""authorization_details as texts: wrong ones, each with what its refusal says."""

from __future__ import annotations

import json


def project(**members: object) -> str:
    return json.dumps([{"type": "project", "identifier": "payments", **members}])


def server(**members: object) -> str:
    return json.dumps([{"type": "mcp_server", **members}])


FAULTS = {
    "[": "not JSON",
    "nonsense": "not JSON",
    "[NaN]": "not JSON",
    '[{"type":"project","identifier":Infinity}]': "not JSON",
    "[" * 2_000: "not JSON",
    "[" * 20 + "]" * 20: "nested too deeply",
    '[{"type":"project","identifier":"\\ud800"}]': "no Unicode",
    '[{"type":"project","identifier":"a\\u0000"}]': "NUL",
    '[{"type":"project","identifier":"a","identifier":"b"}]': "stands twice",
    '[{"type":"mcp_server","identifier":"a","\\u00e9":1,"\\u00e9":2}]': "stands twice",
    "{}": "a JSON array of 1 to 50 objects",
    '{"type":"project","identifier":"payments"}': "a JSON array",
    '"project"': "a JSON array",
    "7": "a JSON array",
    "null": "a JSON array",
    "[]": "a JSON array of 1 to 50",
    "[" + ",".join(["{}"] * 51) + "]": "a JSON array of 1 to 50",
    " " * 6_001: "more than 6000 characters",
    "[[]]": "[0]: it must be an object",
    "[null]": "it must be an object",
    "[{}]": "type must be one of project, mcp_server",
    '[{"identifier":"payments"}]': "type must be one of",
    '[{"type":"payment_initiation"}]': "type must be one of",
    '[{"type":["project"],"identifier":"payments"}]': "type must be one of",
    '[{"type":null,"identifier":"payments"}]': "type must be one of",
    '[{"type":"PROJECT","identifier":"payments"}]': "type must be one of",
    '[{"type":"project"}]': "identifier is missing",
    project(identifier=None): "identifier must be",
    project(identifier=7): "identifier must be",
    project(identifier=""): "identifier must be",
    project(identifier="../x"): "identifier must be",
    project(identifier="a" * 81): "identifier must be",
    project(privileges="editor"): "privileges must be an array",
    project(privileges=[]): "privileges must be an array of 1",
    project(privileges=None): "privileges must be an array",
    project(privileges=["king"]): "one of the roles viewer, editor, admin",
    project(privileges=["viewer", "editor"]): "one of the roles",
    project(privileges=[1]): "privileges must hold strings",
    project(actions=[]): "actions must be an array of 1",
    project(actions="flows:edit"): "actions must be an array",
    project(actions=["fly"]): "fly is no action of a project",
    project(actions=["mcp"]): "mcp is no action of a project",
    project(actions=['a"b\\é']): "a?b?? is no action",
    project(actions=["apps:view", "apps:view"]): "each once",
    project(actions=[["apps:view"]]): "actions must hold strings",
    project(actions=["flows:edit"], privileges=["viewer"]): "flows:edit needs the role editor",
    project(locations=["https://x/"]): "the member locations is unknown",
    project(datatypes=["x"]): "the member datatypes is unknown",
    server(): "identifier or locations is missing",
    server(identifier="Ledger!"): "identifier must be",
    server(locations=[]): "locations must be an array",
    server(locations=["ledger"]): "no absolute http(s) URI",
    server(locations=["https://x/#y"]): "no absolute http(s) URI",
    server(locations=["https://x/", "https://x/"]): "each once",
    server(identifier="ledger", actions=["mcp"]): "the member actions is unknown",
    server(identifier="ledger", privileges=["viewer"]): "the member privileges is unknown",
    '[{"type":"project","identifier":"a"},{"type":"project","identifier":"a"}]': (
        "[1]: this project stands twice"
    ),
    '[{"type":"mcp_server","identifier":"a"},{"type":"mcp_server","identifier":"a"}]': (
        "this MCP server stands twice"
    ),
    '[{"type":"mcp_server","locations":["https://x/y"]},'
    '{"type":"mcp_server","locations":["https://X/y/"]}]': "this MCP server stands twice",
}
