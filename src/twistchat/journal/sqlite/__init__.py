"""The journal on disk: the log, in one SQLite database."""
