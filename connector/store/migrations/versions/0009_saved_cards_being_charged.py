"""whether a customer's saved card is being charged"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_requests", sa.Column("charging", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("payment_requests", sa.Column("charging_at", UtcDateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("payment_requests", "charging_at")
    op.drop_column("payment_requests", "charging")
