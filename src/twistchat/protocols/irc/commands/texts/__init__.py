"""Commands that send or delete texts."""
