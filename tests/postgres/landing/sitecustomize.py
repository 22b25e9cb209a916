"""Read by every Python that a test starts, when the run's databases land on PostgreSQL."""

import importlib.util
import os
from pathlib import Path

if os.environ.get("CURIOUSER_TEST_DATABASE") == "postgresql":
    from curiouser.storage import Database

    _spec = importlib.util.spec_from_file_location("landed", Path(__file__).with_name("landed.py"))
    assert _spec is not None
    assert _spec.loader is not None
    _landed = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_landed)
    _landed.land(Database)
