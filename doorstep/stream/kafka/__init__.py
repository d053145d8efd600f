"""The Kafka transport: the journal keeps custody, Kafka is the public contract and may be lost whole."""

from doorstep.stream.kafka.connection import KafkaSettings
from doorstep.stream.kafka.relay import RELAY, RELAY_ROUTE
from doorstep.stream.kafka.transport import KafkaTransport

__all__ = ["RELAY", "RELAY_ROUTE", "KafkaSettings", "KafkaTransport"]
