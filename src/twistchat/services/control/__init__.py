"""The control socket, through which commands of the administrator reach a running server."""
