"""Process: documents are checked in a process of their own, which is ended where it hangs.

The keeper never reads mathematics.  It sends a document to a process of its own, listens, and where
nothing is heard for the hard limit of a step it ends the process, starts another one and sends the
document again, with what is already known and the step that hung.  So a step that never ends costs its
limit and nothing else, and whatever a document makes of the memory is not ours.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import SymgradError
from .findings import Job
from .process_main import receive, run_jobs, send

if TYPE_CHECKING:
    import subprocess

LIMIT = 1.4  # seconds for one step
LOADING = 5.0  # more, for the process to start and to read the document
PATIENCE = 6  # times the limit, where the machine is busy with something else
TICK = 0.1  # between two looks at it
MAX_LOST = 40  # steps of one document that may hang before it is given up


class Keeper:
    """One process at a time; ``run`` has it do a job: ``("end", FileResult)``, ``("lost", why)`` or
    ``("failed", message)``."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.process: subprocess.Popen[bytes] | _Fork | None = None

    def fork(self) -> None:
        """The process as a copy of ours, for a command that has just begun: no Python need start for it.

        It loads while the command still looks for documents.  It is spawned where there are threads, or no
        forks.
        """
        if hasattr(os, "fork") and threading.active_count() == 1:
            self.process = _Fork()
        else:
            self.start()

    def start(self) -> None:
        """Spawn the process."""
        import subprocess

        # Without site and without the folder we stand in: the way to our own package is handed on.
        root = str(Path(__file__).parents[2])
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-P", "-c", f"from {run_jobs.__module__} import run_jobs; run_jobs(0, 1)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *(p for p in sys.path if p)])},
        )

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what the dead process never read
                        pipe.close()
            self.process.wait()
            self.process = None

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, job: Job) -> tuple[Any, ...]:
        """The last event of the examination; a unit that hangs or kills the process is named in the next."""
        known: dict[Any, Any] = {}
        lost: dict[Any, str] = {}
        deaths = 0
        while len(lost) < MAX_LOST and ("document",) not in lost:
            if self.process is None:
                self.start()
            assert self.process is not None and self.process.stdin is not None
            assert self.process.stdout is not None
            unit: Any = ("document",)
            heard = False
            with _Watch(self.process) as watch, suppress(EOFError, BrokenPipeError):
                send(self.process.stdin, (job, known, lost))
                while True:
                    watch.expect(self.limit + (LOADING if unit == ("document",) else 0.0))
                    *done, event = receive(self.process.stdout)
                    heard = True
                    known.update({about: result for _, about, result in done})
                    if event[0] != "at":
                        return tuple(event)
                    unit = event[1]
            self.close()
            if not heard and not watch.late:
                deaths += 1
                if deaths > 1:
                    raise SymgradError("the process that checks cannot start")
                continue
            if unit in lost:
                unit = ("document",)
            lost[unit] = "timeout" if watch.late else "memory"
        return ("lost", lost.get(("document",), "timeout"))


class _Watch:
    """Ends the process where nothing is heard of it for as long as was allowed; ``late`` says so.

    On a busy machine the process may have had no chance to work: then it gets more time.
    """

    def __init__(self, process: subprocess.Popen[bytes] | _Fork) -> None:
        self.process, self.late = process, False
        self.allowed = (time.monotonic(), LOADING)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def __enter__(self) -> _Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def expect(self, seconds: float) -> None:
        """From now on the next event has so long to come."""
        self.allowed = (time.monotonic(), seconds)

    def look(self) -> None:
        seen, worked = None, None
        while not self.over.wait(TICK):
            if self.allowed is not seen:
                seen, worked = self.allowed, _worked(self.process.pid)
                continue
            since, seconds = self.allowed
            passed = time.monotonic() - since
            if passed < seconds:
                continue
            idle = worked is not None and (_worked(self.process.pid) or 0.0) - worked < 0.6 * seconds
            if (passed > PATIENCE * seconds or not idle) and self.allowed is seen:
                self.late = True
                self.process.kill()
                return


class _Fork:
    """A copy of our process that serves, as far as the keeper needs to know it."""

    def __init__(self) -> None:
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(our_in)
                os.close(our_out)
                nothing = os.open(os.devnull, os.O_RDWR)
                for standard in {0, 1, 2} - {their_in, their_out}:  # which they are where one was closed
                    os.dup2(nothing, standard)
                run_jobs(their_in, their_out)
            finally:
                os._exit(0)  # nothing of the command that we are a copy of goes on here
        os.close(their_in)
        os.close(their_out)
        self.stdin: IO[bytes] = os.fdopen(our_out, "wb")
        self.stdout: IO[bytes] = os.fdopen(our_in, "rb")
        self.ended = False

    def kill(self) -> None:
        if not self.ended:  # else the number may be somebody else's by now
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        if not self.ended:
            os.waitpid(self.pid, 0)
            self.ended = True


def _worked(pid: int) -> float | None:
    """Seconds for which a process has had a processor, where the system tells."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None
