"""What the readers of exports share: archives, JSON, names of emoji, and sorting."""
