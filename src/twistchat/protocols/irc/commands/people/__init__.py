"""Commands on users."""
