"""The metadata of this service's tables: a database of its own, apart from the connector's."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()
# SQLite numbers rows by itself only in a column of exactly this type.
ROW = BigInteger().with_variant(Integer, "sqlite")
