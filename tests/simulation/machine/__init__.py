"""The machine of the simulated server: its reactor, sockets, disk and process."""
