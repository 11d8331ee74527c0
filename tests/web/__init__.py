"""The page of the web door."""
