"""Whose an input is, and which client assertions were used; inputs by FHIR had their partner as the sender before."""

TABLES = """
ALTER TABLE receipt ADD COLUMN tenant TEXT;
CREATE INDEX receipt_tenant ON receipt (tenant, received_at) WHERE tenant IS NOT NULL;
UPDATE receipt SET tenant = (
    SELECT {sender} FROM event
    WHERE event.key = receipt.document_id AND event.topic = 'intake.transmission.received'
    ORDER BY seq LIMIT 1
) WHERE channel = 'fhir';
CREATE TABLE assertion (digest TEXT PRIMARY KEY, expires_at {time} NOT NULL);
CREATE INDEX assertion_expiry ON assertion (expires_at);
"""
TIMES = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}
SENDER = {"sqlite": "json_extract(event.data, '$.sender')", "postgresql": "event.data::json ->> 'sender'"}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(time=TIMES[dialect], sender=SENDER[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
