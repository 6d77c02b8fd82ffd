"""The nouns of bomgate: frozen values and the parsing that makes them.

Belongs here: frozen structs (a class takes a fortieth of a dataclass to make), enums and pure functions on them.
Does not belong here: I/O, clocks, logging, settings, and rules that weigh one value against another (those are
``policy``). Everybody above may import it; it imports only ``webhook.errors``.
"""
