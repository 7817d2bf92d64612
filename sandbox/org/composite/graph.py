"""The composite graph resource: each graph succeeds or fails as a whole.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.org.composite.subrequests import (
    Subrequest,
    check_not_nested,
    read_subrequests,
    rendered,
    run_all,
    succeeded,
)
from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.wire.errors import ApiError

# https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm
MAX_NODES = 500
MAX_GRAPHS = 75
MAX_DEPTH = 15
MAX_KINDS = 15
_REFERENCE = re.compile(r"@\{(\w+)")


@routes.add("POST", "composite/graph")
def run_graphs(call: ApiCall) -> ApiResponse:
    """Return 200 whatever became of the graphs."""
    check_not_nested(call)
    graphs = _read(call.json_object().get("graphs"))
    return ApiResponse(200, {"graphs": [_run(call, graph_id, nodes) for graph_id, nodes in graphs.items()]})


def _run(call: ApiCall, graph_id: str, nodes: list[Subrequest]) -> dict[str, Any]:
    # Graphs do not know of each other: one that fails leaves the others as they are.
    answers = run_all(call, nodes, all_or_none=True)
    return {
        "graphId": graph_id,
        "graphResponse": {"compositeResponse": rendered(nodes, answers)},
        "isSuccessful": all(succeeded(answer) for answer in answers.values()),
    }


def _read(items: Any) -> dict[str, list[Subrequest]]:
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise ApiError("JSON_PARSER_ERROR", "graphs must be a list of graphs")
    if len(items) > MAX_GRAPHS:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_GRAPHS} graphs, not {len(items)}")
    graphs: dict[str, list[Subrequest]] = {}
    for item in items:
        graph_id = item.get("graphId")
        if not isinstance(graph_id, str) or not graph_id or graph_id in graphs:
            raise ApiError("INVALID_INPUT", "each graph needs a graphId of its own")
        graphs[graph_id] = read_subrequests(item.get("compositeRequest"), most=MAX_NODES)
        _check(graph_id, graphs[graph_id])
    # The limit is that of the whole call, however the nodes are shared out among its graphs.
    nodes = sum(len(graph) for graph in graphs.values())
    if nodes > MAX_NODES:
        raise ApiError("LIMIT_EXCEEDED", f"at most {MAX_NODES} nodes, not {nodes}")
    return graphs


def _check(graph_id: str, nodes: list[Subrequest]) -> None:
    if not all(node.path.startswith("sobjects/") for node in nodes):
        raise ApiError("INVALID_INPUT", f"graph {graph_id}: only sObject resources can be part of a graph")
    # [A] Different nodes are those that differ in method or object: a POST and a PATCH of Order are two.
    if len({(node.method, node.path.split("/")[1]) for node in nodes}) > MAX_KINDS:
        raise ApiError("LIMIT_EXCEEDED", f"graph {graph_id}: at most {MAX_KINDS} different nodes")
    depths: dict[str, int] = {}
    for node in nodes:
        # Only nodes before it count: a reference to a later one is refused when it is resolved.
        used = _REFERENCE.findall(f"{node.path} {node.params} {node.body}")
        depths[node.reference_id] = 1 + max((depths.get(name, 0) for name in used), default=0)
    if max(depths.values()) > MAX_DEPTH:
        raise ApiError("LIMIT_EXCEEDED", f"graph {graph_id}: at most {MAX_DEPTH} levels")
