"""The org's records: storage, field values, and how a record begins and ends."""
