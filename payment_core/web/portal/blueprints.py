"""All pages of the portal."""

from __future__ import annotations

from flask import Blueprint

from payment_core.web.portal import (
    application_pages,
    delivery_pages,
    overview_page,
    report_page,
    sign_in_page,
    template_pages,
    transaction_pages,
)

PORTAL: tuple[Blueprint, ...] = (
    sign_in_page.blueprint,
    overview_page.blueprint,
    application_pages.blueprint,
    delivery_pages.blueprint,
    transaction_pages.blueprint,
    template_pages.blueprint,
    report_page.blueprint,
)
