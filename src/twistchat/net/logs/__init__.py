"""What the log says about connections and logins, within bounds."""
