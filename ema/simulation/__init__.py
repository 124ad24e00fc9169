"""Virtual participants on a virtual clock. They live through the same services, outbox and bot as real ones."""
