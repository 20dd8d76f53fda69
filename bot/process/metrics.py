"""Metrics: what the desk counts about itself; labels are names from fixed lists, never a person or an id."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from bot.core.errors import AnswerLost, Conflict, Missing, Rejected, Unavailable

T = TypeVar("T")

REGISTRY: Final = CollectorRegistry()
_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0)

_TURNS: Final = Counter(
    "vouchsafe_turns", "Actions people took and how the desk answered.", ["action", "outcome"], registry=REGISTRY
)
_TURN_SECONDS: Final = Histogram(
    "vouchsafe_turn_seconds", "How long the desk took.", ["action"], buckets=_BUCKETS, registry=REGISTRY
)
_CALLS: Final = Counter(
    "vouchsafe_calls", "Calls to services outside.", ["service", "operation", "outcome"], registry=REGISTRY
)
_CALL_SECONDS: Final = Histogram(
    "vouchsafe_call_seconds", "How long services took.", ["service", "operation"], buckets=_BUCKETS, registry=REGISTRY
)
_REQUESTS: Final = Counter(
    "vouchsafe_requests", "Requests that came into a status.", ["kind", "status"], registry=REGISTRY
)
_JOBS: Final = Counter("vouchsafe_jobs", "Jobs carried out.", ["name", "outcome"], registry=REGISTRY)
_DROPPED: Final = Counter("vouchsafe_log_lines_dropped", "Log lines nobody took in time.", registry=REGISTRY)
_FAILURES: Final = Counter("vouchsafe_failures", "Errors nobody expected.", ["where"], registry=REGISTRY)


def turned(action: str, outcome: str, seconds: float) -> None:
    """Count one turn; `action` and `outcome` are names of types."""
    _labelled(_TURNS, action, outcome).inc()
    _labelled(_TURN_SECONDS, action).observe(seconds)


def called(service: str, operation: str, outcome: str, seconds: float) -> None:
    """Count one call to a service outside."""
    _labelled(_CALLS, service, operation, outcome).inc()
    _labelled(_CALL_SECONDS, service, operation).observe(seconds)


def moved(kind: str, status: str) -> None:
    """Count a request that came into a status."""
    _REQUESTS.labels(kind, status).inc()


def worked(name: str, outcome: str) -> None:
    """Count a job that was carried out."""
    _JOBS.labels(name, outcome).inc()


def failed(where: str) -> None:
    """Count an error nobody expected."""
    _FAILURES.labels(where).inc()


def dropped(count: int) -> None:
    """Count log lines that were dropped because nobody took them."""
    _DROPPED.inc(count)


@functools.cache  # as many as the registry keeps anyway
def _labelled(metric: Any, *names: str) -> Any:
    return metric.labels(*names)


def exposition() -> tuple[bytes, str]:
    """Return all metrics in the text format of Prometheus, and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST


def outcome_of(error: BaseException | None) -> str:
    """Name what came of a call, from a fixed list."""
    names = (Unavailable, Missing, Rejected, AnswerLost, Conflict, TimeoutError)
    if error is None:
        return "ok"
    return next((kind.__name__.lower() for kind in names if isinstance(error, kind)), "error")


def counted(target: T, service: str) -> T:
    """Return `target` with each call of its async methods counted under `service`."""
    return cast("T", _Counted(target, lambda name, _, error, took: called(service, name, outcome_of(error), took)))


def counted_turns(desk: T) -> T:
    """Return `desk` with each `handle` counted by what was asked and how it was answered."""
    return cast("T", _Counted(desk, _turn, only="handle"))


_Report = Callable[[str, tuple[tuple[Any, ...], Any], BaseException | None, float], None]


class _Counted:
    """Stands before an object and reports each awaited call; everything else passes through."""

    def __init__(self, target: object, report: _Report, *, only: str = "") -> None:
        self._target = target
        self._report = report
        self._only = only

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not inspect.iscoroutinefunction(found) or name.startswith("_") or (self._only and name != self._only):
            return found
        watched = _watched(found, self._report)
        self.__dict__[name] = watched  # asked for once, found at once from then on
        return watched


def _watched(call: Callable[..., Any], report: _Report) -> Callable[..., Any]:
    name = getattr(call, "__name__", "call")

    @functools.wraps(call)
    async def watching(*args: Any, **keywords: Any) -> Any:
        began = time.perf_counter()
        error: BaseException | None = None
        answer: Any = None
        try:
            answer = await call(*args, **keywords)
        except BaseException as caught:
            error = caught
            raise
        finally:
            report(name, (args, answer), error, time.perf_counter() - began)
        return answer

    return watching


def _turn(_: str, told: tuple[tuple[Any, ...], Any], error: BaseException | None, took: float) -> None:
    args, answer = told
    action = type(args[1]).__name__ if len(args) > 1 else "other"
    turned(action, type(answer).__name__ if error is None else outcome_of(error), took)
