"""What a source says of a score and of an identifier, and the latest score of each (vulnerability, package)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns. Programs before this one go on using the tables.

    The scores that are there count as seen, so that the upgrade by itself assesses nothing.
    """
    for name in ("scored_from_vector", "rejected"):
        op.add_column("vulnerabilities", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("vulnerabilities", sa.Column("former_score", sa.String()))
    op.add_column("vulnerabilities", sa.Column("rescored_at", sa.BigInteger()))
    op.execute(
        "UPDATE affected_packages SET score = "
        "(SELECT cvss_score FROM vulnerabilities WHERE vulnerabilities.id = affected_packages.vulnerability_id)"
    )
