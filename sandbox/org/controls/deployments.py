"""The control that deploys directories of the product's Salesforce project."""

from __future__ import annotations

from flask import Response

from sandbox.org.controls.blueprint import blueprint, json_body, json_response
from sandbox.org.instance.deployment import deploy
from sandbox.org.instance.org import DEPLOYED, current_org
from sandbox.org.metadata.project import package_directories
from sandbox.org.wire.errors import BadInput


@blueprint.get("/deploy")
def show_deployed() -> Response:
    """Answer the deployed directories."""
    org = current_org()
    flows = {row["ApiName"]: row["Id"] for row in org.records.rows("FlowDefinitionView")}
    deployed = {"directories": org.records.setting(DEPLOYED), "project": package_directories()}
    return json_response(deployed | {"flows": flows})


@blueprint.post("/deploy")
def deploy_directories() -> Response:
    """Do what `sf project deploy start --source-dir …` does to an org."""
    names = json_body().get("directories")
    known = package_directories()
    if not isinstance(names, list) or not names or not set(names) <= set(known):
        raise BadInput(directories=f"must be a list of {', '.join(known)}")
    return json_response({"directories": deploy(current_org(), names)})
