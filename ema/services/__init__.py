"""One verb per file. Each takes the installation and what it is about, and owns its transaction."""
