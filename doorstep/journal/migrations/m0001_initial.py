"""The first tables. Never edited once released: a change is a new migration."""

SERIAL = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
TIME = {"sqlite": "TEXT", "postgresql": "TIMESTAMPTZ"}
BYTES = {"sqlite": "BLOB", "postgresql": "BYTEA"}

TABLES = """
CREATE TABLE event (
    seq {serial}, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL,
    source TEXT NOT NULL, subject TEXT NOT NULL, time {time} NOT NULL, traceparent TEXT NOT NULL,
    correlation TEXT NOT NULL, causation TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX event_key ON event (key, seq);
CREATE INDEX event_topic ON event (topic, seq);
CREATE INDEX event_subject ON event (subject, seq) WHERE subject <> '';
CREATE INDEX event_correlation ON event (correlation, seq) WHERE correlation <> '';

CREATE TABLE delivery (
    event_seq BIGINT NOT NULL REFERENCES event (seq), consumer TEXT NOT NULL, lane TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'inflight', 'retrying', 'done', 'dead')),
    attempts INTEGER NOT NULL, next_attempt_at {time} NOT NULL, error_code TEXT, error_text TEXT, done_at {time},
    PRIMARY KEY (event_seq, consumer),
    CHECK ((done_at IS NULL) = (state IN ('pending', 'inflight', 'retrying')))
);
CREATE INDEX delivery_open ON delivery (consumer, event_seq) WHERE done_at IS NULL;
CREATE INDEX delivery_lane ON delivery (consumer, lane, event_seq) WHERE done_at IS NULL;
CREATE INDEX delivery_dead ON delivery (event_seq) WHERE state = 'dead';

CREATE TABLE receipt (
    document_id TEXT PRIMARY KEY, channel TEXT NOT NULL, idempotency_key TEXT NOT NULL, sha256 TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'rejected')), reason TEXT, control_id TEXT,
    message_id TEXT, identifier TEXT, case_id TEXT, received_at {time} NOT NULL,
    UNIQUE (channel, idempotency_key)
);
CREATE INDEX receipt_sha256 ON receipt (sha256);
CREATE INDEX receipt_control ON receipt (control_id) WHERE control_id IS NOT NULL;
CREATE INDEX receipt_message ON receipt (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX receipt_identifier ON receipt (identifier) WHERE identifier IS NOT NULL;
CREATE INDEX receipt_received ON receipt (received_at);

CREATE TABLE content (
    sha256 TEXT PRIMARY KEY, content_type TEXT NOT NULL, size BIGINT NOT NULL, data {bytes}
);

CREATE TABLE resource (
    type TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, document_id TEXT NOT NULL, body TEXT NOT NULL,
    updated_at {time} NOT NULL, PRIMARY KEY (type, id, version)
);
CREATE INDEX resource_document ON resource (document_id);

CREATE TABLE case_ (
    case_id TEXT PRIMARY KEY, state TEXT NOT NULL, identity_key TEXT NOT NULL, order_key TEXT NOT NULL,
    opened_at {time} NOT NULL, updated_at {time} NOT NULL, revision INTEGER NOT NULL, data TEXT NOT NULL
);
CREATE UNIQUE INDEX case_order ON case_ (order_key) WHERE state <> 'cancelled';
CREATE INDEX case_identity ON case_ (identity_key);
CREATE INDEX case_state ON case_ (state, case_id);
CREATE TABLE case_document (
    document_id TEXT NOT NULL, case_id TEXT NOT NULL REFERENCES case_ (case_id), PRIMARY KEY (document_id, case_id)
);
CREATE INDEX case_document_case ON case_document (case_id);

CREATE TABLE offer (
    offer_id TEXT PRIMARY KEY, case_id TEXT NOT NULL REFERENCES case_ (case_id), npi TEXT NOT NULL,
    state TEXT NOT NULL, sent_at {time} NOT NULL, data TEXT NOT NULL
);
CREATE INDEX offer_case ON offer (case_id);
CREATE INDEX offer_npi ON offer (npi, state);

CREATE TABLE review (
    review_id TEXT PRIMARY KEY, document_id TEXT NOT NULL, case_id TEXT, opened_at {time} NOT NULL,
    closed_at {time}, data TEXT NOT NULL
);
CREATE INDEX review_open ON review (opened_at) WHERE closed_at IS NULL;

CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
"""


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES.format(serial=SERIAL[dialect], time=TIME[dialect], bytes=BYTES[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
