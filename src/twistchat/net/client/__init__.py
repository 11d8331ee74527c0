"""The base of all client protocols, over any carrier, and the parts that compose it."""
