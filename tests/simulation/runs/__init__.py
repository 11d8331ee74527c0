"""Runs of the simulation: from a seed or a list of steps, made shorter, and told to people."""
