"""The independent auditor: checks the invariants by reading the log and the four schemas.

It owns no state and changes none. Its verdict rests on the topics' records, on the rows of the
database and on the published schemas; it knows no service.
"""

from crps.audit.auditor import audit
from crps.audit.history import AuditResult, History

__all__ = ["AuditResult", "History", "audit"]
