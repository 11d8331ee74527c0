"""C{python -m bench.cluster figures}: what a cluster costs, beside a single node with SQLite."""
