"""Use cases: one public function is one intent, one transaction, one audit event.

Owns: every read and write of the tables. Does not own: decisions (they are in `app.domain`), HTTP,
OAuth's wire. Values that leave are frozen dataclasses; no table object crosses the border.

Introspection is the one exception to the ORM: `introspection.snapshot` is one statement, compiled once
and handed to the driver, because every other call waits for it.
"""
