"""VEX documents: from bytes to the statements that OpenVEX, CycloneDX and CSAF make alike.

May be imported by whoever may import ``sboms``; imports ``model`` and below.
"""

from webhook.sboms.vex.parsing import MOST_BYTES, is_vex, parse_vex

__all__ = ["MOST_BYTES", "is_vex", "parse_vex"]
