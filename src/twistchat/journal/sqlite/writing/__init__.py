"""Writes batches of entries to the database, and makes the changes that follow from them."""
