"""The tables of modes: of rooms, with the ranks, and of users."""
