"""The rules of delegation and of the protocol, as pure functions over frozen values.

Owns: what an Authorization means, what may be delegated and what a change amounts to (`delegation`), the
English of all that (`sentences`), what a client may be (`clients`), what a credential's text says
(`credentials`), what a deployment offers (`catalog`), and the other decisions that need no storage.
Does not own: time, storage, HTTP. An instant comes in as `at`, a setting as an argument.
Imports the standard library only; everybody may import it.
"""
