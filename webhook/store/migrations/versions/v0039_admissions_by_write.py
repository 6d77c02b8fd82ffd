"""When the API server wrote the object whose admission a note is of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a column that programs before this one leave empty; then the time of the note counts."""
    op.add_column("admissions", sa.Column("written_at", sa.BigInteger(), nullable=True))
