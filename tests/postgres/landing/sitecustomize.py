"""Read by every Python that a test starts, when the run's databases land on PostgreSQL."""

import os

if os.environ.get("CURIOUSER_TEST_DATABASE") == "postgresql":
    import importlib.util
    from pathlib import Path

    _spec = importlib.util.spec_from_file_location("landing", Path(__file__).with_name("landed.py"))
    assert _spec is not None
    assert _spec.loader is not None
    _landed = importlib.util.module_from_spec(_spec)
    _spec.loader.exec_module(_landed)
    _landed.land()
