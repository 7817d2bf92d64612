"""notes on orders, from one agent to the next"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_notes",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("order_id", sa.String(18), primary_key=True),
        sa.Column("text", sa.LargeBinary()),
        sa.Column("author_id", sa.String(64), nullable=False),
        sa.Column("author_name", sa.String(200), nullable=False),
        sa.Column("written_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("order_notes")
