"""The order of versions, ecosystem by ecosystem: each function turns a version into a key, or None.

A key compares with keys of the same function only. None means that the ecosystem's own rules give the text no place.
``webhook.policy.versions`` says which purl type has which order; nothing else imports this package.
"""
