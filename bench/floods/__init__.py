"""
Floods beside a canary: whether a few hostile connections delay or harm well-behaved clients.

Run it as C{python -m bench.floods}; C{bench/README.md} says how to read what it prints.
"""
