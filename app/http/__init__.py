"""What the faces share: the signed-in user, the browser, headers, limits, error pages, addresses.

Owns: the cookie's session, security headers, error pages and the form of unmapped failures.
Does not own: any address. Services and the domain know nothing of it.
"""
