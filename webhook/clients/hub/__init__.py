"""The hub, as a member reaches it: what it tells is fetched and verified here, and nothing is decided."""
