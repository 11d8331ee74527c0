"""The commands about accounts and passwords."""
