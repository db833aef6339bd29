"""The rules of delegation and of the protocol, as pure functions over frozen values.

Owns: what an Authorization means (`access`), what may be delegated (`offer`, `delegation`) and what a
change amounts to (`difference`, `preview`), why something would be refused (`explanation`, `report`),
what was used (`usage`), what a deployment offers (`catalog`), and the protocol's decisions that need no
storage (`pkce`, `client_rules`, `resources`, `rotation`, `secret_text`, `passwords`).
Does not own: time, storage, HTTP. An instant comes in as `at`, a setting as an argument.
Imports the standard library only; everybody may import it.

Departures from DESIGN.md, 2026-11-22: a refresh token carries a seal beside its session's id, so that
a made-up token which names a session is no replay and ends nothing (section 5). Approving what had
expired ends the sessions that it had: what ran out is not revived.
2026-11-23: what a tool asks for in addition to what it has is not ticked, sensitive or not: with its
projects filled in, a ticked capability would give power at once. What the user does not have any more
is not offered and so falls out of an edit; the difference says so before it is saved.
"""
