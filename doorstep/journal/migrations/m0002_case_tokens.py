"""Cases by token: the index that `case.indexed` events were, in tables of its own."""

TABLES = """
CREATE TABLE case_token (
    token TEXT NOT NULL, case_id TEXT NOT NULL REFERENCES case_ (case_id), PRIMARY KEY (token, case_id)
);
CREATE TABLE mark (token TEXT PRIMARY KEY);
"""
MOVE = """
INSERT INTO case_token SELECT DISTINCT event.key, one.value FROM event, {case_ids} WHERE topic = 'case.indexed';
INSERT INTO mark
    SELECT DISTINCT key FROM event WHERE topic = 'case.indexed' AND key NOT IN (SELECT token FROM case_token);
DELETE FROM delivery WHERE event_seq IN (SELECT seq FROM event WHERE topic = 'case.indexed');
DELETE FROM event WHERE topic = 'case.indexed';
"""
CASE_IDS = {
    "sqlite": "json_each(event.data, '$.case_ids') AS one",
    "postgresql": "json_array_elements_text(event.data::json -> 'case_ids') AS one(value)",
}


def statements(dialect: str) -> list[str]:
    """Return the statements for `sqlite` or `postgresql`."""
    script = TABLES + MOVE.format(case_ids=CASE_IDS[dialect])
    return [statement for part in script.split(";") if (statement := part.strip())]
