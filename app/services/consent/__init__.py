"""An authorization request waits for its user, who decides; the decision writes an Authorization.

`requests` keeps what was asked, once for one browser; `decision` shows, approves and denies;
`authorization_response` tells the client, with a new code when the user approved.
"""
