"""What may happen in the chat, and what happens when an entry is applied."""
