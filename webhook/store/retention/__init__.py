"""Retention in the database: old rows are deleted in small transactions, and read models learn of it.

Images, components and simple rows have a module each; ``repository`` makes the steps of a pass from them.
"""
