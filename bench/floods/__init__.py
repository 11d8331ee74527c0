"""
Measure whether a few hostile connections delay or harm well-behaved clients, the canary.

Run it as C{python -m bench.floods}; C{bench/README.md} explains the output.
"""
