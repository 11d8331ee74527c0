"""The journal of a cluster: one order for several nodes, which a stream of a broker gives, and a copy on each node."""
