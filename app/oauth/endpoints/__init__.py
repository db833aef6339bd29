"""The addresses of the protocol: those for browsers (`front`) and those for programs (`back`)."""
