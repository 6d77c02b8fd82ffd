"""bomgate: a Kubernetes admission webhook that acts on what images contain.

It finds the package SBOM of every image of a workload, looks its components up in a local copy of Sonatype OSS Index
reports, applies people's assessments of the vulnerabilities, and denies, warns or allows, saying exactly why.
This package imports nothing, so that asking for the version costs nothing.
"""

__version__ = "0.1.0"
