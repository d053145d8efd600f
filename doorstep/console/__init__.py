"""The hub's own pages and JSON API: they read the journal, and their few actions are commands to it."""
