"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No deadline and no complaint of slowness: two processes share a busy machine's cores, and a test
# that fails because its neighbour is compiling teaches people to run it again. pytest-timeout
# still ends a hang. A failing example is printed so that it can be replayed anywhere.
settings.register_profile(
    "goodword", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("goodword")
