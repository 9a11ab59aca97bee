"""Service contracts: what two parties agreed, and what their acts and deadlines mean.

Owns terms, acceptances, tranches and the free bucket. Consumes orders.events, contracts.commands
and ledger.events; emits contracts.events and answers on contracts.answers.
"""
