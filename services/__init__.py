"""Four services, each its own process, role and schema; nothing shared but messages."""
