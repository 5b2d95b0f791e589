"""What is packaged for: Lambda's Python and processor; where it lies while it is built."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

BUILD = ROOT / "build" / "lambda"
LAYER_LOCK = ROOT / "requirements" / "layer.txt"
RUNTIME_LOCK = ROOT / "requirements" / "runtime.txt"
"""boto3 and what it brings, in an old version: Lambda has its own, and never promises which."""

PYTHON = "3.13"
CACHE_TAG = "cpython-313"
UV_PLATFORM = "aarch64-manylinux2014"
PIP_PLATFORM = "manylinux2014_aarch64"

HASH_DIGITS = 16
EPOCH = 315_532_800
"""1980-01-01, the oldest time that a ZIP file can tell: the time of everything that is built."""

CODE_ROOT = "/var/task"
LAYER_ROOT = "/opt"
"""Where Lambda puts the two, and so what bytecode says in a traceback."""
