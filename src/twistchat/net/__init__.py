"""The code that all connections share: carriers, input, output, limits, and listening."""
