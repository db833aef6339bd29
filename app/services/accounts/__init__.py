"""A person and their own account: signing in, confirming the password, browsers that are signed in."""
