"""The domain, without anything around it."""
