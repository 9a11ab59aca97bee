"""The toy service's bench, for every test of the chassis."""

from .benches import bench, memory_bench, postgres_bench

__all__ = ["bench", "memory_bench", "postgres_bench"]
