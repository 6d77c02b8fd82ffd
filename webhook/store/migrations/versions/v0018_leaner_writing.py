"""What a download writes most: vulnerabilities that come with their rank, and indexes without automatic assessments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_RANK = """
CASE WHEN NEW.cvss_score IS NULL OR upper(NEW.cvss_score) LIKE '%N%' THEN -1
ELSE max(-1, min(100, CAST(round(CAST(NEW.cvss_score AS REAL) * 10 + 0.0000001) AS INTEGER))) END
"""
# Programs before this one leave the rank to the trigger.
_RANKED = """
CREATE TRIGGER vulnerabilities_are_ranked_{when} AFTER {verb} ON vulnerabilities WHEN NEW.rank IS NOT {rank}
BEGIN
  UPDATE vulnerabilities SET rank = {rank} WHERE id = NEW.id;
END
"""


def upgrade() -> None:
    """Change triggers and indexes; programs before this one go on using the tables."""
    if op.get_bind().dialect.name == "sqlite":  # on PostgreSQL the trigger changes the row before it is written
        for when, verb in (("at_first", "INSERT"), ("again", "UPDATE OF cvss_score")):
            op.execute(f"DROP TRIGGER vulnerabilities_are_ranked_{when}")
            op.execute(_RANKED.format(when=when, verb=verb, rank=_RANK))
    for name, condition in (("batch", "batch IS NOT NULL"), ("source", "source <> 'auto'")):
        op.drop_index(op.f(f"ix_assessments_{name}"), "assessments")
        some = sa.text(condition)
        op.create_index(op.f(f"ix_assessments_{name}"), "assessments", [name], sqlite_where=some, postgresql_where=some)
