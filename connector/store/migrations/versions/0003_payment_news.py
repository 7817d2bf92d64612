"""bells and events that follow a written record"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "payment_news",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("medium", sa.String(16), primary_key=True),
        sa.Column("news_key", sa.String(120), primary_key=True),
        sa.Column("order_id", sa.String(18), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("fact", sa.String(60), nullable=False),
        sa.Column("record_id", sa.String(18)),
        sa.Column("recipient", sa.String(18)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(80)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True)),
        sa.Column("lease", sa.String(40)),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", UtcDateTime(timezone=True)),
    )
    op.create_index("payment_news_due", "payment_news", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    op.create_index("payment_news_of_order", "payment_news", ["tenant_id", "order_id"])
    op.create_index("payment_news_by_reference", "payment_news", ["tenant_id", "reference"])


def downgrade() -> None:
    op.drop_table("payment_news")
