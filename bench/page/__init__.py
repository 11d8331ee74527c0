"""
What the web page costs in a browser: bytes and time until one can type, time per line, memory.

C{python -m bench.page} measures, with the browser and the server of C{tests.web}.
"""
