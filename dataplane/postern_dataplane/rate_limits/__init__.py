"""How many requests of a key pass: token buckets of one worker, pure and bounded."""
