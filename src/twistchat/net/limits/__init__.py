"""The limits on clients: admission, send rates, timeouts, the log of refusals, and forced disconnections."""
