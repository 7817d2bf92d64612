"""SOQL beyond one order: changes, versions, consent."""
