"""Transport, never meaning: one module or folder per channel, both directions.

A connector speaks one outside protocol, hands what arrives to the hub and acknowledges only after
the hub has answered. It knows nothing of cases, rules or other connectors. To add one, write
`connectors/NAME.py` with a `CONNECTOR` and `tests/connectors/test_NAME.py`; nothing else is edited.
"""
