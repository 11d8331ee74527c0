"""
Words for messages to people.

This is a module of its own because the errors use it, and the model imports the errors.
"""


def counted(count: int, noun: str) -> str:
    """
    Format a number with its noun: C{"1 room"}, C{"2 rooms"}.

    @param noun: the noun in the singular, with a regular plural.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sentence(text: str) -> str:
    """A text with a capital letter at its start."""
    return text[:1].upper() + text[1:]
