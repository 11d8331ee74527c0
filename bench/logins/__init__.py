"""
What logins cost, and what they do to others.

L{bench.logins.clients} are people who log in, in a process of their own; C{python -m bench.logins} measures.
"""
