"""The scheduler: it knows instants, not money, and announces each one to whoever judges it."""
