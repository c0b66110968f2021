"""The main loop of the process in which documents are checked."""

from __future__ import annotations

import gc
import os
import pickle
import struct
import sys
from typing import IO, Any

MEMORY = 2 * 1024**3


def send(pipe: IO[bytes], message: object) -> None:
    data = pickle.dumps(message)
    pipe.write(struct.pack("<I", len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """The next message of our own process (pickle: both ends are this program)."""
    head = pipe.read(4)
    if len(head) < 4:
        raise EOFError
    data = pipe.read(struct.unpack("<I", head)[0])
    return pickle.loads(data)


def run_jobs(read: int, write: int) -> None:
    """The process: reads jobs from one file descriptor and writes events to the other until it closes."""
    incoming, outgoing = os.fdopen(os.dup(read), "rb"), os.fdopen(os.dup(write), "wb")
    sys.stdout = sys.stderr  # nothing but events goes through the pipe
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ImportError, ValueError, OSError):
        pass  # no such limit on this system
    gc.disable()  # nothing is to be collected while we load, and nothing of it later
    from .document import check_document

    gc.freeze()
    gc.enable()

    while True:
        try:
            job, known, lost = receive(incoming)
        except (EOFError, KeyboardInterrupt):
            return
        known = {unit: pickle.loads(result) for unit, result in known.items()}
        try:
            done: list[Any] = []
            for event in check_document(job, known, lost):
                if event[0] == "known":  # the keeper keeps it, and need not load what it is made of
                    done.append(("known", event[1], pickle.dumps(event[2])))
                else:  # before anything new is begun, what is done is told with it
                    send(outgoing, [*done, event])
                    done.clear()
        except (BrokenPipeError, KeyboardInterrupt):
            return
        except Exception as error:  # a fault of ours: said, not hidden, and the next job goes on
            send(outgoing, [("failed", f"{type(error).__name__}: {error}")])
