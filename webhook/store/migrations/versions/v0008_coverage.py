"""Which platforms of an image index an SBOM describes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SBOMS = sa.table("sboms", sa.column("place"), sa.column("coverage"))
_WHOLE = ("added", "imported", "directory", "cluster-report")


def upgrade() -> None:
    """Make the column, empty where nobody took note; what was handed in is about the whole image.

    Programs before this one go on using the table: rows that they add are empty, which means the same.
    """
    op.add_column("sboms", sa.Column("coverage", sa.Text(), nullable=True))
    op.get_bind().execute(
        sa.update(_SBOMS).where(_SBOMS.c.place.in_(_WHOLE)).values(coverage='{"platforms":[],"covered":[]}')
    )
