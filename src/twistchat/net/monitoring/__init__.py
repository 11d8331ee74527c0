"""What the server is doing, in numbers that it has already."""
