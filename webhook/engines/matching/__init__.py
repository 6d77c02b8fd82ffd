"""Matching: advisories are brought up to date, and components are compared with them.

Imports ``ports`` and below; the same index serves the nightly run, the controller and the command line.
"""
