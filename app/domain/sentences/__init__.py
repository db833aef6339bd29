"""All English sentences about access, changes and instants that people read.

Owns: the words of pages, the command line and mails. A translation begins here and in `templates/`.
Does not own: a decision; it is handed the values that `app.domain.delegation` computed.
"""
