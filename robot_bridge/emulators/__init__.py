"""Hardware that is not there, for tests and demonstrations."""
