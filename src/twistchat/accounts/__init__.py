"""Who somebody is: the account store, password hashing, SASL mechanisms."""
