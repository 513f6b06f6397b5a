"""How hypothesis behaves: no deadline anywhere, and on CI the same examples every time."""

from hypothesis import HealthCheck, settings

# Inherits what hypothesis has loaded by itself: its "ci" profile (derandomised) where CI is set.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
