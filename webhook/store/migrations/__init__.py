"""The migrations, one module a step, run by :mod:`webhook.store.schema`; nothing imports them."""
