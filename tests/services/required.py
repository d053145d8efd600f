"""In CI nothing may be skipped: a skip there means that something promised was not tested."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn a skip into a failure with its reason when DOORSTEP_REQUIRE_SERVICES=1."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("DOORSTEP_REQUIRE_SERVICES") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {reason}"
    return report
