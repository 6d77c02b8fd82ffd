"""Assessing: how assessments come to be and are read, which types are in force, and how many images one touches.

Does not belong here: what an assessment means for a verdict, which is ``policy``. ``judging``, ``controlling`` and
``bootstrap`` import from here.
"""
