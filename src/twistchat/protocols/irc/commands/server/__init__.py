"""Commands on the server, and those of its operators."""
