"""
What reading the history costs, in a large journal.

L{bench.history.fill} makes the journal; L{bench.history.clients} are people who read, in a process of their own;
C{python -m bench.history} measures.
"""
