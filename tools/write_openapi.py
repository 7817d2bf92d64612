"""Write the connector's OpenAPI document to a file.

python tools/write_openapi.py FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from connector.web.openapi.document import build


def write(path: Path) -> None:
    """Write the document of a deployment at an example address, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(build("https://connector.example.com"), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
