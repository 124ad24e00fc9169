"""Everything Telegram: the only importer of `telegram`."""
