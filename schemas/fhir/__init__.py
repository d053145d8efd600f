"""FHIR R4 to the canonical order and back to Task: a strict loader, validation, and two pure projections; no I/O."""

from schemas.fhir.elements import is_request, is_resource_type
from schemas.fhir.groups import order_groups
from schemas.fhir.message import message_of
from schemas.fhir.order import orders_of
from schemas.fhir.outcome import Issue, operation_outcome
from schemas.fhir.questionnaire import answer_of, is_answer, questionnaire
from schemas.fhir.record import patients_told
from schemas.fhir.strict import dumps, loads, plain
from schemas.fhir.task import BUSINESS_STATUS, TASK_STATUS, pending_task, task_id, task_of
from schemas.fhir.validation import validate
from schemas.fhir.xml_in import xml_loads
from schemas.fhir.xml_out import xml_dumps

__all__ = [
    "BUSINESS_STATUS",
    "TASK_STATUS",
    "Issue",
    "answer_of",
    "dumps",
    "is_answer",
    "is_request",
    "is_resource_type",
    "loads",
    "message_of",
    "operation_outcome",
    "order_groups",
    "orders_of",
    "patients_told",
    "pending_task",
    "plain",
    "questionnaire",
    "task_id",
    "task_of",
    "validate",
    "xml_dumps",
    "xml_loads",
]
