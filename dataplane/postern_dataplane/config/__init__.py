"""From bytes on disk to the one table in force: source, load, table, current."""
