"""Commands that send texts, or delete them."""
