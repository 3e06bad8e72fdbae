"""The store: one model on an encrypted single file (SQLCipher) or on PostgreSQL/PostGIS."""
