"""Backups that the server makes while it runs."""
