"""Authentication of users: password hashes and their verification."""
