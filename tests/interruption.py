"""Runs code again and again, and sends it a signal at each place where CPython may run the handler, one place a time.

What a timer hits once in thousands of tries, this hits for certain.
"""

from __future__ import annotations

import dis
import os
import signal
import sys
from types import CodeType, FrameType, ModuleType
from typing import Any, Callable, Dict, Iterator, Sequence


def _places(code: CodeType) -> Dict[int, bool]:
    """Offset of each instruction, and whether a signal handler may run in front of it.

    Before CPython 3.10 that is anywhere; since then where a function begins, behind a call, and behind a jump.
    """
    places, before = {}, "RESUME"
    for instruction in dis.get_instructions(code):
        places[instruction.offset] = sys.version_info < (3, 10) or before.startswith(("CALL", "RESUME")) or "JUMP" in before
        before = instruction.opname
    return places


def interrupted_everywhere(
    modules: Sequence[ModuleType], prepare: Callable[[], object], body: Callable[[], object], handler: Callable[..., object]
) -> Iterator[bool]:
    """Runs `prepare` and `body` once for each place in `modules` that the body comes to, with the handler there.

    Yields, after each, whether TimeoutError came out of it.
    """
    files = {module.__file__ for module in modules}
    codes: Dict[CodeType, Dict[int, bool]] = {}
    place, reached = 0, True

    def trace(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal passed, reached
        if frame.f_code.co_filename not in files:
            return None
        frame.f_trace_opcodes = True
        if frame.f_code not in codes:
            codes[frame.f_code] = _places(frame.f_code)
        if event == "opcode" and codes[frame.f_code].get(frame.f_lasti):
            passed += 1
            if passed == place:
                reached = True
                sys.settrace(None)
                frame.f_trace = None
                os.kill(os.getpid(), signal.SIGUSR1)
        return trace

    while reached:
        place, passed, reached, raised = place + 1, 0, False, False
        prepare()
        # CPython 3.12 looks at this frame's wish when tracing begins, and at those of the others only then.
        sys._getframe().f_trace_opcodes = True
        before, handler_before = sys.gettrace(), signal.signal(signal.SIGUSR1, handler)
        sys.settrace(trace)
        try:
            body()
        except TimeoutError:
            raised = True
        finally:
            sys.settrace(before)
            signal.signal(signal.SIGUSR1, handler_before)
        if reached:
            yield raised
    assert place > 5, "nothing of the modules ran"
