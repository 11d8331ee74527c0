"""Who hears an entry, and how it is given to them."""
