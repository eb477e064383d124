"""``pycompss.interactive``: engines for a notebook, and what its tasks do."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from eflows_nb.pycompss.refusal import UnexpectedArgumentWarning
from eflows_nb.pycompss.waiting import wait_for
from eflows_nb.runtime import session
from eflows_nb.runtime.future import Future

__all__ = [
    "complete_task_graph",
    "current_task_graph",
    "is_running",
    "monitoring_information",
    "resources",
    "resources_status",
    "start",
    "statistics",
    "stop",
    "tasks_info",
    "tasks_status",
    "tracing",
]

_OF_THE_RUNTIME_IN_JAVA = frozenset(
    {
        "app_name", "cache_profiler", "checkpoint_params", "checkpoint_policy", "comm", "conn",
        "cpu_affinity", "data_provenance", "debug", "disable_external", "ear", "env_script",
        "external_adaptation", "extrae_cfg", "extrae_cfg_python", "extrae_final_directory",
        "fpga_affinity", "fpga_reprogram", "gpu_affinity", "graph", "io_executors", "jvm_workers",
        "log_dir", "log_level", "master_name", "master_port", "master_working_dir", "monitor",
        "mpi_worker", "nested_enabled", "o_c", "profile_input", "profile_output", "project_xml",
        "propagate_virtual_environment", "resources_xml", "reuse_on_block", "scheduler",
        "scheduler_config", "shutdown_in_node_failure", "storage_conf", "storage_impl",
        "streaming_backend", "streaming_master_name", "streaming_master_port", "summary", "task_count",
        "task_execution", "trace", "trace_label", "tracing_task_dependencies", "uuid", "verbose",
        "worker_cache",
    }
)  # fmt: skip


def start(*, engines: int | None = None, checkpoint_folder: str = "", wcl: float = 0, **options: Any) -> None:
    """Start engines, and say so.

    Parameters
    ----------
    engines
        How many; None for one a core.
    checkpoint_folder
        Folder of results, in which those of earlier sessions are found again; empty for none.
    wcl
        Seconds after which all tasks are cancelled; 0 for never.
    options
        Those of the COMPSs runtime, which have no meaning here: there always is a graph, a journal to trace
        and what the tasks cost. Of others a warning tells.
    """
    for option in options.keys() - _OF_THE_RUNTIME_IN_JAVA:
        warnings.warn(
            f"start({option}=…) has no effect: neither PyCOMPSs nor this package has such an option. Here "
            "there are engines=, checkpoint_folder= and wcl=.",
            UnexpectedArgumentWarning,
            stacklevel=2,
        )
    current = session.current()
    current.start(engines, checkpoint=checkpoint_folder or None)
    if wcl:
        from eflows_nb.pycompss.api.api import compss_set_wall_clock

        compss_set_wall_clock(wcl)
    print(f"PyCOMPSs programs run on eflows-nb: {current!r}")


def stop(sync: bool = False, **_: Any) -> None:
    """Wait for all tasks and end the engines; results survive.

    Parameters
    ----------
    sync
        Whether the futures of the notebook are replaced by their values.
    """
    current = session.current()
    if sync:
        names = vars(sys.modules["__main__"])
        for name, value in list(names.items()):
            if not name.startswith("_") and (_is_future(value) or current.datum_of(value) is not None):
                names[name] = wait_for(value)
    current.stop()


def _is_future(value: Any) -> bool:
    if type(value) in (list, tuple):
        return any(_is_future(item) for item in value)
    if type(value) is dict:
        return any(_is_future(item) for item in value.values())
    return isinstance(value, Future)


def is_running() -> bool:
    """Return whether engines were started."""
    return session.current().snapshot().cluster != "inline"


def current_task_graph(*_: Any, widget: Any = None, **__: Any) -> Any:
    """Return the tasks, live, as graph, timeline and table: what `eflows_nb.view` returns in a notebook.

    Elsewhere the graph by function is printed, and the result is None, as it is before there is a task. The
    view follows the tasks, so there is no need of ``refresh_rate`` and ``timeout``, and has its own ``fit``.

    Parameters
    ----------
    widget
        A widget for output, in which it is displayed as well; None for none.
    """
    if not _has_tasks():
        return None
    from eflows_nb.notebook.front_end import kernel_shell
    from eflows_nb.notebook.view import view

    made = view()
    if kernel_shell() is None:
        print(made._repr_mimebundle_()[0]["text/plain"])
        return None
    if widget is not None:
        with widget:
            made._ipython_display_()
    return made


complete_task_graph = monitoring_information = current_task_graph


def tasks_info(*_: Any, **__: Any) -> Any:
    """Return what the tasks cost, by function; None, and say so, before there is a task."""
    if not _has_tasks():
        return None
    from eflows_nb.runtime import api

    return api.summary()


statistics = tasks_info


def tasks_status(*_: Any, **__: Any) -> dict[str, int]:
    """Return the number of tasks in each state."""
    return {str(state): count for state, count in session.current().snapshot().shown.items()}


def resources(*_: Any, **__: Any) -> list[str]:
    """Return the engines: number, host and process, and how many tasks they run, will run and have run."""
    return [
        f"engine {engine.engine} on {engine.host}, process {engine.pid}: {min(1, engine.running)} running, "
        f"{engine.sent} sent, {engine.finished} done"
        for engine in session.current().snapshot().engines
    ]


resources_status = resources


def tracing(*_: Any, **__: Any) -> bool:
    """Return True: the journal of a session always tells when each task ran; see `eflows_nb.trace`."""
    return True


def _has_tasks() -> bool:
    if session.existing() is not None and any(tasks_status().values()):
        return True
    print("No task has been called yet.")
    return False
