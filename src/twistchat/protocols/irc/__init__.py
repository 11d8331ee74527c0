"""The IRC door, for every IRC client (RFC 1459 and 2812 as modern.ircdocs.horse clarifies them, and IRCv3)."""
