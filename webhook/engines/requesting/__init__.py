"""Requests for exceptions: somebody asks, somebody else answers.

Belongs here: what every face does with requests. May import assessing and what is below it.
"""
