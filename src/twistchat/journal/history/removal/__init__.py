"""Removal: deletes old entries and the texts of an account, and overwrites their bytes in the file."""
