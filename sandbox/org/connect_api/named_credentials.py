"""An external credential as the Connect API shows it, with its principals.

https://developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/connect_resources_named_credentials_external_credential.htm
"""

from sandbox.org.data_api.routing import ApiCall, ApiResponse, routes
from sandbox.org.permissions.setup_entities import CREDENTIALS
from sandbox.org.wire.errors import ApiError


@routes.add("GET", "named-credentials/external-credentials/{name}")
def show_credential(call: ApiCall, *, name: str) -> ApiResponse:
    principals = (call.org.records.setting(CREDENTIALS) or {}).get(name)
    if principals is None:
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    shown = [
        {"principalName": one, "principalType": "NamedPrincipal", "sequenceNumber": number}
        # Without the permission some properties are empty.
        | ({"id": principals[one]} if call.user.get("_views_setup") else {"id": None})
        for number, one in enumerate(sorted(principals), start=1)
    ]
    return ApiResponse(200, {"developerName": name, "authenticationProtocol": "Custom", "principals": shown})
