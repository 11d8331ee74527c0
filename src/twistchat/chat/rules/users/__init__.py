"""The rules of users and accounts: who they are, whether they are here, and what server operators may do."""
