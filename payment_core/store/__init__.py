"""SQL: what is stored, and how it is found; no rule of the business."""
