"""orders on visible pages, and since when the org shows them otherwise"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("changed_at", UtcDateTime(timezone=True)))
    op.create_table(
        "watched_orders",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("order_id", sa.String(18), primary_key=True),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(32)),
    )
    op.create_index("watched_orders_seen", "watched_orders", ["seen_at"])
    op.create_table(
        "order_watches",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("read_at", UtcDateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("order_watches")
    op.drop_index("watched_orders_seen", "watched_orders")
    op.drop_table("watched_orders")
    op.drop_column("orders", "changed_at")
