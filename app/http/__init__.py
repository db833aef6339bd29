"""What the faces share on the way in and out: clock, settings, signed-in person, headers, pages, logs.

Owns: the one clock, the cookie's session, security headers, error pages, the request log.
Does not own: any address. Services and the domain know nothing of it.
"""
