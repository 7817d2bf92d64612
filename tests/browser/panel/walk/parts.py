"""Where the panel shows what a part of the agent's page shows, and what only one of the two can have."""

from __future__ import annotations

_CONFIRM = "c-chat2pay-confirm"
_VERBS = ("again", "capture", "replace", "renumber", "cancel", "release", "reverse")
_HANDED = ("show_receipt", "send_receipt", "copy_reference", "copy_link")

PARTS = {
    "sentence": "[data-id=failed]",
    "test-banner": "[data-id=test]",
    "introduction": "[data-id=introduction]",
    "introduction-done": "c-chat2pay-introduction [data-id=done] button",
    "stale": "[data-id=stale]",
    "notice": "[data-id=notice]",
    "status": "c-chat2pay-status",
    "status-sentence": "[data-id=sentence]",
    "status-who": "[data-id=who]",
    "status-warning": "[data-id=warnings]",
    "steps": "[data-id=steps]",
    "countdown": "c-chat2pay-countdown",
    "send-off-quiet": "[data-id=send-off]",
    "hand-over": "c-chat2pay-hand-over",
    "handed": "[data-id=handed-over]",
    "handed-sentence": "[data-id=handed]",
    "gateway": "c-chat2pay-hand-over",
    "cancel-question": _CONFIRM,
    "release-question": _CONFIRM,
    "money-question": _CONFIRM,
    "money-ask": _CONFIRM,
    "problems": "[data-id=problems]",
    "form-replaces": "[data-id=replacing]",
    "form-error": "[data-id=refusal]",
    "phone": "[data-id=phone] input",
    "phone-warning": "[data-id=phone-warning]",
    "phone-hint": "[data-id=phone-hint]",
    "phone-error": "[data-id=phone-error]",
    "phone-choice": "[data-id=which]",
    "phone-question": "[data-id=read-back]",
    "part": "[data-id=amount] input",
    "part-hint": "[data-id=amount-hint]",
    "channels": "[data-id=closed] >> nth=0",
    "consent": "[data-id=consent]",
    "preview": "c-chat2pay-preview details",
    "replace-preview": f"{_CONFIRM} c-chat2pay-preview details",
    "send": "[data-id=send] button",
    "cancel-yes": f"{_CONFIRM} [data-id=yes] button",
    "money-yes": f"{_CONFIRM} [data-id=yes] button",
    **{verb: f"[data-verb={verb}] button" for verb in _VERBS},
    **{f"take-{name}": f"[data-name={name}] button" for name in _HANDED},
}

# What Apex says itself where the page has the connector's sentence: it knows no admin's name.
SAYS_INSTEAD = {"no-access": "You cannot see this order, so its payments are not shown."}

# Rows of the page that the panel cannot have, and why.
ONLY_ON_THE_PAGE = {
    "launch-over": "the panel opens the order anew for each press: nothing of it runs out",
    "not-an-order": "Salesforce shows the panel on the record pages of orders alone",
    "no-order-named": "the record page names its order to the panel",
    "help": "this address is the page's own",
    "save-number": "the panel has no session of the agent's to write a contact with",
    "number-saved": "the panel has no session of the agent's to write a contact with",
    "ip-rules": "the panel sends no session of the agent's: Salesforce's rules for addresses do not meet it",
    "keys": "single letters belong to the record page around the panel",
}
