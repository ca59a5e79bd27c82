"""Which table serves: notices a new snapshot on disk, loads it in a thread, and swaps one reference."""
