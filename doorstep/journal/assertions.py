"""Which client assertions were used already: each counts once, in every process of the journal and after a restart."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete

from doorstep.journal.tables import assertion, insert_once
from doorstep.journal.transaction import Transaction


class AssertionWrites(Transaction):
    """The assertions' share of a unit of work."""

    def use_assertion(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """Note that a client used a `jti`; False when it did before. What has expired is forgotten."""
        self.connection.execute(delete(assertion).where(assertion.c.expires_at < self.now))
        digest = hashlib.sha256(f"{client_id}\0{jti}".encode()).hexdigest()
        new = insert_once(self.dialect, assertion, "digest").returning(assertion.c.digest)
        return self.connection.execute(new, {"digest": digest, "expires_at": expires_at}).first() is not None
