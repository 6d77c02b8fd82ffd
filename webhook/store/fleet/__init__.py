"""The fleet in the database: members and what they are told (a hub's), what a hub has told (a member's)."""
