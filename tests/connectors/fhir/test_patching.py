"""JSON Patch: by the examples of RFC 6902, and what must not come of a patch."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from connectors.fhir.patching import operations_of, patched
from connectors.fhir.wire import Refusal
from tests.connectors.fhir.server import Served
from tests.samples.make_fhir import patient
from tests.samples.people import order_truth

MANY = 10**6


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({"foo": "bar"}, {"op": "add", "path": "/baz", "value": "qux"}, {"foo": "bar", "baz": "qux"}),
        ({"foo": [1, 3]}, {"op": "add", "path": "/foo/1", "value": 2}, {"foo": [1, 2, 3]}),
        ({"foo": [1]}, {"op": "add", "path": "/foo/-", "value": [2]}, {"foo": [1, [2]]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/a"}, {"b": 2}),
        ({"a": [1, 2, 3]}, {"op": "remove", "path": "/a/1"}, {"a": [1, 3]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": None}, {"a": None}),
        ({"a": {"x": 1}, "b": {}}, {"op": "move", "from": "/a/x", "path": "/b/y"}, {"a": {}, "b": {"y": 1}}),
        ({"a": [1, 2, 3]}, {"op": "move", "from": "/a/0", "path": "/a/2"}, {"a": [2, 3, 1]}),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"/": 9, "~1": 10}, {"op": "test", "path": "/~01", "value": 10}, {"/": 9, "~1": 10}),
        ({"a": Decimal("1.00")}, {"op": "test", "path": "/a", "value": Decimal("1.00")}, {"a": Decimal("1.00")}),
    ],
)
def test_an_operation_does_what_the_standard_says(
    before: dict[str, Any], operation: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = dict(before)
    assert patched(before, [operation], MANY) == after
    assert before == kept


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/none"},
        {"op": "replace", "path": "/none", "value": 1},
        {"op": "add", "path": "/none/x", "value": 1},
        {"op": "add", "path": "/a/3", "value": 1},
        {"op": "add", "path": "/a/01", "value": 1},
        {"op": "add", "path": "/a/-1", "value": 1},
        {"op": "remove", "path": "/a/-"},
        {"op": "add", "path": "no slash", "value": 1},
        {"op": "add", "path": "/id/x", "value": 1},
        {"op": "move", "from": "/a", "path": "/a/0"},
        {"op": "test", "path": "/a", "value": [1]},
        {"op": "replace", "path": "/id", "value": "other"},
        {"op": "remove", "path": "/resourceType"},
        {"op": "replace", "path": "", "value": []},
        {"op": "remove", "path": ""},
    ],
)
def test_an_operation_that_does_not_fit_is_refused(operation: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        patched({"resourceType": "Patient", "id": "x", "a": [1, 2]}, [operation], MANY)
    assert caught.value.status == 422


def test_copies_of_copies_stop_at_the_cap() -> None:
    doubling = [{"op": "copy", "from": "/x", "path": "/x/-"}] * 100
    with pytest.raises(Refusal) as caught:
        patched({"x": ["x" * 100]}, doubling, 10_000)
    assert caught.value.status == 413


def test_a_patch_cannot_nest_deeper_than_a_body_may() -> None:
    nesting = [{"op": "add", "path": "/a" * n, "value": {}} for n in range(1, 201)]
    for chain in (nesting, nesting[:70], [*nesting, {"op": "copy", "from": "/a", "path": "/b"}]):
        with pytest.raises(Refusal) as caught:
            patched({"resourceType": "Patient"}, chain, MANY)
        assert caught.value.status == 422


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"", b'[],"x":[]', b"[1]", b'[{"op":"spin"}]', b'[{"op":"add","path":"/a"}]',
     b'[{"op":"remove","path":1}]', b'[{"op":"remove","path":"/a","path":"/b"}]', b"[" * 100],
)  # fmt: skip
def test_what_is_no_patch_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        operations_of(body, MANY)
    assert caught.value.status == 400


@pytest.mark.asyncio(loop_scope="session")
async def test_a_patch_is_a_new_version_judged_as_a_whole(site: Served) -> None:
    first = (await site.post("/fhir/Patient", patient(order_truth(829)))).json()
    address = f"/fhir/Patient/{first['id']}"

    async def patch(*operations: dict[str, Any], **headers: str) -> Any:
        told = {"Content-Type": "application/json-patch+json", **headers}
        return await site.client.patch(address, content=json.dumps(operations), headers=told)

    change = {"op": "add", "path": "/active", "value": True}
    reply = await patch(change, **{"If-Match": 'W/"1"'})
    assert (reply.status_code, reply.headers["etag"], reply.json()["active"]) == (200, 'W/"2"', True)
    assert (await patch(change)).headers["etag"] == 'W/"2"'
    assert (await patch({**change, "value": "yes"})).status_code == 422
    assert (await patch({**change, "value": False}, **{"If-Match": 'W/"1"'})).status_code == 412
    assert (await patch(change, **{"Content-Type": "application/fhir+json"})).status_code == 415
    gone = await site.client.patch("/fhir/Patient/none", content="[]", headers={"Content-Type": "application/json"})
    assert gone.status_code == 415
