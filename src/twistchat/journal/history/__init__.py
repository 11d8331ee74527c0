"""The history: reading, searching, exporting and deleting what the log has stored."""
