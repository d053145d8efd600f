"""Real servers for tests: PostgreSQL and Apache Kafka, started without a container engine."""
