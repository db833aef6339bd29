"""Face 1: the protocol. The only package that imports Authlib.

Owns: the OAuth endpoints, the adapters that give Authlib its shapes, the map from domain errors to
OAuth errors. Does not own: any decision about access or tokens; it asks services.

How Authlib is used: its server, grants, client authentication and endpoint classes validate; where its
order of calls is not safe (see `reference/authlib.md` section 3) `create_token_response` is overridden
and one service call spends, mints and commits. What it lets pass (`plain`, repeats, credentials in the
query, two authentications) is refused by `wire` and `guard` before it is asked.

Departures from DESIGN.md, 2026-11-23: an API key has no audience (section 5), yet introspection answers
`aud` for it, the resource being called or the asking server's own audience: verifiers that are not ours
refuse an answer without one. Introspection takes two more parameters, `capability` and `project` (RFC
7662 section 2.1 allows it): what the call is for. They change no answer and feed the activity.

Not Authlib's: registration (`endpoints/registration.py`, most of its endpoint would be overridden) and
client assertions (`client_authentication.py` with PyJWT in `services/assertions.py`: Authlib's accepts
shared keys and several audiences, and knows no PS256 and EdDSA). Its server finds both by its own hooks.
"""
