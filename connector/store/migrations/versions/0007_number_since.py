"""since when Salesforce has an order's number"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("phone_since", UtcDateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("orders", "phone_since")
