-- Disputes keep nothing of their own yet: the chassis' tables are all they have.

-- What was said is said.
REVOKE UPDATE, DELETE ON journal FROM svc_disputes;
