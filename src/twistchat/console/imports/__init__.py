"""The command that imports exports: of a whole journal, and of other servers."""
