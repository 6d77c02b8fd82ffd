"""A double of OSS Index REST v3 as Sonatype Guide serves it, with every quirk and fault that was ever reported.

``OssIndexDouble`` is the server; ``Behaviour`` says how it behaves; ``faults`` makes what goes wrong. Advisories are
synthetic. What is not known of the real service (see the switches) can be played both ways.
"""

from tests.doubles.ossindex import faults
from tests.doubles.ossindex.advisories import advisory, synthetic
from tests.doubles.ossindex.behaviour import Behaviour
from tests.doubles.ossindex.server import OssIndexDouble

__all__ = ["Behaviour", "OssIndexDouble", "advisory", "faults", "synthetic"]
