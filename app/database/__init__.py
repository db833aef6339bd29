"""The database as a machine: the engine, transactions, the schema and compiled selects.

Owns: how a connection is opened, how a transaction begins and ends, which schema there must be.
Does not own: tables (`app.models`) or what is read and written (`app.services`).
"""
