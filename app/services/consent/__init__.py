"""An authorization request waits for its user, who decides; the decision writes an Authorization.

`requests` keeps what was asked, once for one browser; `decision` shows, approves and denies.
"""
