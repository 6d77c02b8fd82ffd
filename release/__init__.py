"""A release of bomgate: ``make release`` builds what users get of a version, from the commit and nothing beside it.

Imports from the tests what builds helm and a base image where neither can be downloaded; nothing imports it.
"""
