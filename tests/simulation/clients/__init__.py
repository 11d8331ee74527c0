"""The clients of the simulation.  Each keeps what the server has told it."""
