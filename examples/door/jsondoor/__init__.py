"""A door for twistchat whose clients send and get JSON objects, one on each line."""
