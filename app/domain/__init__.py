"""The rules of delegation and of the protocol, as pure functions over frozen values.

Owns: what an Authorization means (`access`, `delegation`), what a deployment offers (`catalog`),
and the protocol's decisions that need no storage (`pkce`, `client_rules`, `resources`, `rotation`,
`secret_text`, `passwords`).
Does not own: time, storage, HTTP. An instant comes in as `at`, a setting as an argument.
Imports the standard library only; everybody may import it.

Departures from DESIGN.md, 2026-11-22: a refresh token carries a seal beside its session's id, so that
a made-up token which names a session is no replay and ends nothing (section 5). Approving what had
expired ends the sessions that it had: what ran out is not revived.
"""
