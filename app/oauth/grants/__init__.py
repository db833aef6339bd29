"""The grants: Authlib's, with the checks it leaves out and one atomic service call each.

A new grant is a module here, registered in `app.oauth.server`.
"""
