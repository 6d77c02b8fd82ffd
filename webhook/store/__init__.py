"""The store: SQLite on one machine, PostgreSQL in a cluster, through SQLAlchemy Core.

Belongs here: the tables, their migrations, one repository for each noun, and the copy of the read model on disk; they
implement the store's ports. Does not belong here: rules (``policy``) and anything that talks to the network beyond the
database. Only ``settings`` (for the options) and ``bootstrap`` (for
:func:`webhook.store.repositories.open_store`) import it.
"""

from webhook.store.options import DocumentOptions, StoreOptions

__all__ = ["DocumentOptions", "StoreOptions"]
