"""until when held money can be captured, and whether a payment is settled"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_requests", sa.Column("capture_before", UtcDateTime(timezone=True)))
    op.add_column("payment_requests", sa.Column("settled", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("payment_requests", "settled")
    op.drop_column("payment_requests", "capture_before")
