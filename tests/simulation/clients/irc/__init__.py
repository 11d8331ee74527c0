"""A client of the IRC protocol, which reads its lines without the server's code."""
