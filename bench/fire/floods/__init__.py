"""The floods: what hostile connections send as fast as they can, and the process that sends it."""
