"""How the tables came to be: one version after another, by Alembic."""
