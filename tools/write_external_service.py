"""Write the registration of the External Service, which holds the document that the connector serves to Salesforce.

python -m tools.write_external_service
"""

from __future__ import annotations

import json
from pathlib import Path
from xml.sax.saxutils import escape

from connector.web.openapi.external_services import build
from connector.web.openapi.paths import flow

REGISTRATION = Path(__file__).parents[1] / (
    "manifests/salesforce/agentforce/main/default/externalServiceRegistrations/"
    "Chat2Pay.externalServiceRegistration-meta.xml"
)
# `chat2pay salesforce export` puts the connector's own address in its place.
_ADDRESS = "https://connector.example.com"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def text() -> str:
    """Return the content of the file."""
    operations = "".join(
        f"    <operations>\n        <active>true</active>\n        <name>{one.name}</name>\n    </operations>\n"
        for one in sorted(flow.ENDPOINTS, key=lambda endpoint: endpoint.name)
    )
    schema = escape(json.dumps(build(_ADDRESS), indent=1, ensure_ascii=False), {'"': "&quot;"})
    return (
        f'{_HEAD}<ExternalServiceRegistration xmlns="{_NAMESPACE}">\n'
        "    <description>Payment links from Flow and AI agents, as the connector describes them.</description>\n"
        "    <label>Chat2Pay</label>\n"
        "    <namedCredentialReference>Chat2Pay_Flow</namedCredentialReference>\n"
        f"{operations}"
        "    <registrationProviderType>Custom</registrationProviderType>\n"
        f"    <schema>{schema}</schema>\n"
        "    <schemaType>OpenApi3</schemaType>\n"
        "    <schemaUploadFileExtension>json</schemaUploadFileExtension>\n"
        "    <schemaUploadFileName>openapi_salesforce</schemaUploadFileName>\n"
        "    <status>Complete</status>\n"
        "</ExternalServiceRegistration>\n"
    )


if __name__ == "__main__":
    REGISTRATION.parent.mkdir(exist_ok=True)
    REGISTRATION.write_text(text(), "utf-8")
