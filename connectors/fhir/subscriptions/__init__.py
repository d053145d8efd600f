"""FHIR Subscriptions: R4 rest-hooks by search criteria, and the R5 backport with topics, statuses and event numbers."""
