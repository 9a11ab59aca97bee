"""The command line ``crps``: local stack, provisioning, replay of real orders, audit, show."""
