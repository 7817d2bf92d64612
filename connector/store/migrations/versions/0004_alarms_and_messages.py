"""why a message failed, why a person must look at a payment, whether goods must wait"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_requests", sa.Column("message_at", UtcDateTime(timezone=True)))
    op.add_column("payment_requests", sa.Column("message_failure", sa.String(40)))
    op.add_column("payment_requests", sa.Column("attention", sa.String(40)))
    op.add_column("payment_requests", sa.Column("attention_at", UtcDateTime(timezone=True)))
    op.add_column("payment_requests", sa.Column("do_not_ship", sa.Boolean()))


def downgrade() -> None:
    for name in ("message_at", "message_failure", "attention", "attention_at", "do_not_ship"):
        op.drop_column("payment_requests", name)
