"""Face 1: the protocol. The only package that imports Authlib.

Owns: the OAuth endpoints, the adapters that give Authlib its shapes, the map from domain errors to
OAuth errors. Does not own: any decision about access or tokens; it asks services.

How Authlib is used: its server, grants, client authentication and endpoint classes validate; where its
order of calls is not safe, `create_token_response` is overridden and one service call spends, issues
and commits. What it lets pass (`plain`, repeats, credentials in the query, two authentications) is
refused by `wire_request` and `form_checks` before it is asked.

Not Authlib's: registration (`endpoints/registration.py`, most of its endpoint would be overridden) and
client assertions (`client_authentication.py`, with PyJWT in `services/clients/assertions.py`). Its check
accepts shared keys and several audiences, and knows no PS256 and EdDSA. Its server finds both by its own
hooks.
"""
