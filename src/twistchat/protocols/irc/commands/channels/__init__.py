"""Commands on channels."""
