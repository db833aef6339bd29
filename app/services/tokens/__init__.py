"""Tokens and codes: issued, redeemed, rotated, revoked, and found leaked.

Owns: sessions of clients and their credentials. What may happen once is spent by one conditional
write before anything is issued, in the same transaction as its audit event.
"""
