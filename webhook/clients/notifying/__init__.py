"""Notifying: the destinations to which bomgate sends messages.

Belongs here: how messages look there (``forms``), what carries them (``web``, ``mail``), and the options of both. Text
in messages is partly written by strangers: it is quoted here for each kind of destination, and nowhere else. Addresses,
recipients and headers come from the settings alone.
"""
