"""Service ledger: double-entry books, bank receipts and instructions; it alone talks to banks.

Consumes contracts' events and each rail's bank reports; emits ledger events and each rail's
settlement events. It decides nothing about whose money it is: contracts does.
"""
