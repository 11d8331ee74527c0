"""The input of a connection: fair shares of a turn, the order of commands, and long commands in portions."""
