"""The grants: Authlib's, with the checks it leaves out and one atomic service call each."""
