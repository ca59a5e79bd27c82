"""Keys of identity providers: fetched from where they publish them, checked, and kept."""
