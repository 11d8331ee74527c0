"""The code that all connections share: bytes in and out, who may connect, and how fast they may send."""
