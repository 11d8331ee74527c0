"""Sans-I/O protocols: they parse bytes into values and render entries as bytes."""
