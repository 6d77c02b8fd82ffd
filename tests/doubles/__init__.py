"""Doubles of outside services, over real HTTP on loopback.

Each can be started by hand (``python -m tests.doubles.ossindex --help``). Tests and benchmarks use them; nothing in
``webhook`` may.
"""
