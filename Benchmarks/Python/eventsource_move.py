"""The job of a live move, done by eventsource-py over SQLite files: prints one JSON object with what it measured.

Usage: eventsource_move.py FOLDER EVENTS

The repositories of migrations and routes are dictionaries here, since eventsource-py has them for PostgreSQL only; that makes
its control plane faster than it would be, not slower.
"""

import asyncio
import dataclasses
import json
import logging
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

from eventsource.adapters.memory.locks import InMemoryLockManager
from eventsource.adapters.sqlite.store import SQLiteEventStore
from eventsource.application.migration import (
    MigrationCoordinator,
    MigrationError,
    TenantStoreRouter,
    VerificationLevel,
)
from eventsource.domain import StreamId
from eventsource.domain.event import DomainEvent
from eventsource.domain.event_registry import EventRegistry
from eventsource.ports import ExpectedVersion
from eventsource.ports.migration.models import (
    MigrationConfig,
    MigrationPhase,
    TenantMigrationState,
    TenantRouting,
)

WRITERS = 32
# How long cutovers are tried under load: each attempt is followed by a pass over what came meanwhile, which grows.
PATIENCE_SECONDS = 60
NOTE = "Leave it with the neighbours, second door on the left, and ring twice."


class OrderPlaced(DomainEvent):
    """An event of about the size of those that the Swift side writes."""

    aggregate_type: str = "Order"
    total: float
    currency: str
    lines: list[dict]
    note: str


def event(tenant: UUID, stream: UUID, number: int) -> OrderPlaced:
    return OrderPlaced(
        aggregate_id=stream,
        aggregate_version=number,
        tenant_id=tenant,
        total=number / 100,
        currency="EUR",
        lines=[{"article": f"article-{number % 5000}", "count": 2, "price": 19.5}] * 2,
        note=NOTE,
    )


class Migrations:
    """A MigrationRepository in memory."""

    def __init__(self):
        self.all = {}

    async def create(self, migration):
        self.all[migration.id] = migration
        return migration.id

    async def get(self, migration_id):
        found = self.all.get(migration_id)
        return None if found is None else dataclasses.replace(found)

    async def get_by_tenant(self, tenant_id):
        for found in self.all.values():
            if found.tenant_id == tenant_id and not found.phase.is_terminal:
                return dataclasses.replace(found)
        return None

    async def update_phase(self, migration_id, new_phase):
        self.all[migration_id].phase = new_phase

    async def update_progress(self, migration_id, events_copied, last_source_position, last_target_position=None):
        found = self.all[migration_id]
        found.events_copied = events_copied
        found.last_source_position = last_source_position
        found.last_target_position = last_target_position

    async def set_events_total(self, migration_id, events_total):
        self.all[migration_id].events_total = events_total

    async def record_error(self, migration_id, error):
        self.all[migration_id].last_error = error

    async def set_paused(self, migration_id, paused, reason=None):
        self.all[migration_id].is_paused = paused

    async def list_active(self):
        return [m for m in self.all.values() if not m.phase.is_terminal]


class Routes:
    """A TenantRoutingRepository in memory."""

    def __init__(self):
        self.all = {}

    async def get_routing(self, tenant_id):
        found = self.all.get(tenant_id)
        return None if found is None else dataclasses.replace(found)

    async def get_or_default(self, tenant_id, default_store_id):
        if tenant_id not in self.all:
            self.all[tenant_id] = TenantRouting(tenant_id=tenant_id, store_id=default_store_id)
        return dataclasses.replace(self.all[tenant_id])

    async def set_routing(self, tenant_id, store_id):
        self.all[tenant_id] = TenantRouting(tenant_id=tenant_id, store_id=store_id, updated_at=datetime.now(UTC))

    async def set_migration_state(self, tenant_id, state, migration_id=None):
        self.all[tenant_id].migration_state = state
        self.all[tenant_id].active_migration_id = migration_id

    async def clear_migration_state(self, tenant_id):
        await self.set_migration_state(tenant_id, TenantMigrationState.NORMAL)

    async def list_by_state(self, state):
        return [r for r in self.all.values() if r.migration_state == state]

    async def list_by_store(self, store_id):
        return [r for r in self.all.values() if r.store_id == store_id]


async def latencies(store, tenant: UUID, stream: UUID, first: int, count: int) -> list[float]:
    taken = []
    for number in range(first, first + count):
        item = event(tenant, stream, number)
        start = time.perf_counter()
        await store.append(StreamId(stream, "Order"), [item], ExpectedVersion("exact", number - 1))
        taken.append(time.perf_counter() - start)
    return taken


async def pause(
    coordinator, router, tenant: UUID, migration_id: UUID, count: int, pace: float
) -> tuple[float | None, int]:
    """The longest added latency of any of so many writers during a cutover, and how many attempts it took."""
    calls: list[tuple[float, float]] = []
    stop = asyncio.Event()

    async def write():
        stream, number = uuid4(), 0
        while not stop.is_set():
            number += 1
            item = event(tenant, stream, number)
            start = time.perf_counter()
            try:
                await router.append(StreamId(stream, "Order"), [item], ExpectedVersion("exact", number - 1))
            except Exception:  # a refused call is tried again, as an application would
                number -= 1
                continue
            calls.append((start, time.perf_counter()))
            if pace:
                await asyncio.sleep(pace)

    writers = [asyncio.create_task(write()) for _ in range(count)]
    result, attempts = None, 0
    try:
        await asyncio.sleep(0.5)
        before = statistics.median(end - start for start, end in calls)
        # Then the writers stop, and the pass under way comes to its end; a pass that is cancelled would keep the file locked.
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, stop.set)
        while not stop.is_set():
            attempts += 1
            begun = time.perf_counter()
            outcome = await coordinator.trigger_cutover(migration_id, timeout_ms=5_000)
            ended = time.perf_counter()
            if outcome.success:
                await asyncio.sleep(0.2)
                result = max((e - s for s, e in calls if e > begun and s < ended), default=before) - before
                break
            try:
                await coordinator.run_resync_pass(migration_id)
            except MigrationError:  # "kept moving under the copier"
                continue
    finally:
        stop.set()
        await asyncio.gather(*writers, return_exceptions=True)
    return result, attempts


async def main(folder: str, count: int) -> None:
    logging.disable(logging.CRITICAL)
    registry = EventRegistry()
    registry.register(OrderPlaced)
    source = SQLiteEventStore(os.path.join(folder, "source.db"), registry, store_id="source")
    target = SQLiteEventStore(os.path.join(folder, "target.db"), registry, store_id="target")
    tenant = uuid4()
    streams = [uuid4() for _ in range(100)]
    for index, stream in enumerate(streams):
        numbers = range(1, count // len(streams) + 1)
        await source.append(
            StreamId(stream, "Order"), [event(tenant, stream, n) for n in numbers], ExpectedVersion("no_stream")
        )
    routes = Routes()
    router = TenantStoreRouter(source, routes, default_store_id="source", enable_tracing=False)
    await routes.get_or_default(tenant, "source")
    coordinator = MigrationCoordinator(
        source,
        Migrations(),
        routes,
        router,
        source_store_id="source",
        lock_manager=InMemoryLockManager(),
        enable_tracing=False,
    )
    alone = await latencies(router, tenant, uuid4(), 1, 200)

    config = MigrationConfig(
        max_bulk_copy_rate=10_000_000,
        position_mapping_enabled=False,
        verify_consistency=False,
        migrate_subscriptions=False,
        cutover_timeout_ms=5_000,
    )
    start = time.perf_counter()
    migration = await coordinator.start_migration(tenant, target, "target", config)
    await coordinator.wait_for_phase(migration.id, MigrationPhase.DUAL_WRITE, timeout=600)
    copied = (count + 200) / (time.perf_counter() - start)

    mirrored = await latencies(router, tenant, uuid4(), 1, 200)
    start = time.perf_counter()
    report = await coordinator.verify_consistency(migration.id, level=VerificationLevel.FULL)
    verified = report.target_event_count / (time.perf_counter() - start)
    # Under load a cutover with no lag allowed may never come to pass; then one writer that waits between its calls shows the pause.
    writers = WRITERS
    longest, attempts = await pause(coordinator, router, tenant, migration.id, writers, 0)
    if longest is None:
        writers = 1
        longest, _ = await pause(coordinator, router, tenant, migration.id, writers, 0.02)
    # The thread of an open connection would keep this program from ending.
    await source.close()
    await target.close()
    print(
        json.dumps(
            {
                "copiedPerSecond": copied,
                "dualWriteRatio": statistics.median(mirrored) / statistics.median(alone),
                "verifiedPerSecond": verified,
                "pauseMilliseconds": None if longest is None else longest * 1000,
                "pauseWriters": writers,
                "cutoverAttempts": attempts,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
