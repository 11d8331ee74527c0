"""IRC without input or output: lines to messages, and entries to lines (modern.ircdocs.horse, and IRCv3)."""
