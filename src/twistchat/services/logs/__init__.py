"""The server's log: how events become lines, and how these lines reach the file or terminal of C{twistd}."""
