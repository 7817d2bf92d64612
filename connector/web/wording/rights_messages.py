"""Choose the sentence that says why a person may not act on an order's payments, and who can change that."""

from __future__ import annotations

from connector.domain.tenants.rights import Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.salesforce.metadata.custom_permissions import permission_label
from connector.web.wording.sentences import Sentence


def missing_right(right: Right, rights: Rights, tenant: Tenant) -> Sentence:
    """Return the sentence for a right that is not among ``rights``."""
    admin = {"admin": tenant.admin_contact}
    if rights.unread:
        # Salesforce did not answer when the rights were read: that is no refusal, and renewing the token may end it.
        return Sentence("rights_unread", admin)
    if rights.read_only and right is not Right.SUPERVISE:
        if right in rights.lacking:
            return Sentence("order_read_only_no_right", admin | {"permission": permission_label(right)})
        return Sentence("order_read_only", admin)
    missing = "no_right" if right is Right.SEND else f"no_right_{right}"
    return Sentence(missing, admin | {"permission": permission_label(right)})
