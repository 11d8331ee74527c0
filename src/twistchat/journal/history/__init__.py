"""Reading, searching and forgetting what the log holds."""
