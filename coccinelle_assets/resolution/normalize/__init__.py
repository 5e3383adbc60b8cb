"""Spellings to values: one module per kind of identifying detail.

Each offers a `normalize_*` function, the authority, and where that is slow a `PLAIN_*` pattern:
spellings that match it may be normalised in SQL, which a property test holds to the function.
"""
