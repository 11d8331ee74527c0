"""Three nodes and three brokers on loopback, with faults between them: see bench/README.md."""
