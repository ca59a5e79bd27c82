"""What the data plane counts and logs, and the admin port that shows it."""
