"""
Try to break a real server, and show that the canary, two well-behaved clients, notices nothing.

Run it as C{python -m bench.fire}; C{bench/README.md} explains the output.
"""
