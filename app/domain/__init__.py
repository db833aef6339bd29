"""The rules of delegation and of the protocol, as pure functions over frozen values.

Owns: what an Authorization means (`access`, `delegation`), what a deployment offers (`catalog`),
and the protocol's decisions that need no storage (`pkce`, `client_rules`, `resources`, `rotation`,
`secret_text`, `passwords`).
Does not own: time, storage, HTTP. An instant comes in as `at`, a setting as an argument.
Imports the standard library only; everybody may import it.
"""
