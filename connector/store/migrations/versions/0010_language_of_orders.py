"""the language in which an order's customer is written to"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("language", sa.String(16)))


def downgrade() -> None:
    op.drop_column("orders", "language")
