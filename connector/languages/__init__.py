"""The languages that people read: catalogues of sentences, and how a translation is held against its original."""
