"""The bank side, outside the trust line: connectors import the published language only."""
