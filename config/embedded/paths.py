"""Where the embedded services keep their things. Standard library only: set-up runs before any package is there."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("HANDOFF_VAR") or ROOT / "var").absolute()
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DATA = VAR / "postgres"
RUN = VAR / "run"
LOGS = VAR / "log"
