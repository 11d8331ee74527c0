"""The metrics and the health of a server, as others read them."""
