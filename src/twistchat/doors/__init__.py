"""The built-in doors.  Each combines a protocol, a carrier, default endpoints and a section of settings."""
