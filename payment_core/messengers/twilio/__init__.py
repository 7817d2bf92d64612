"""Twilio as a messenger: SMS and WhatsApp, templates, reports and replies, over plain HTTP."""
