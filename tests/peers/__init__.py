"""The same question, the same answer: osv-scanner and bomgate on the same SBOMs with the same advisories, offline.

Each pair of component and advisory that only one of them finds has to be explained by a row of the table in
``docs/reference/advisories.md``. ``python -m tests.peers`` compares every SBOM and every advisory of ``shared/``, and
builds osv-scanner first where it is not here; ``python -m tests.peers record`` writes its answers to the small set.
What is exported as VEX is given to Grype, whose answers ``python -m tests.peers grype`` writes.
"""
