"""Decides when each step may start, and starts it."""

import threading

#: Steps share these; more of them on a machine only make it faster.
CORES = 2.0


class Schedule:
    """A run of steps. A step that fails keeps only those from running that need it."""

    def __init__(self, steps, start):
        """`start` makes the execution of a step."""
        self._waiting = list(steps)
        self._names = {step.name for step in steps}
        self._start = start
        self._running = []
        self._news = threading.Condition()
        self.executions = []
        #: The steps that were not run, as one that they need has failed.
        self.left_out = []

    def run(self, started):
        """Runs all steps; `started` is called with each execution, in the order of their start."""
        while self._waiting or self._running:
            with self._news:
                self._begin_what_can(started)
                if self._running:
                    self._news.wait()

    def _begin_what_can(self, started):
        for step in list(self._waiting):
            if self._is_hopeless(step):
                self._waiting.remove(step)
                self.left_out.append(step)
            elif self._is_ready(step):
                self._waiting.remove(step)
                self._begin(step, started)
            elif not self._needs_are_met(step):
                continue
            else:
                # A step that is due goes first, so that no smaller one passes it for ever.
                return

    def _begin(self, step, started):
        execution = self._start(step)
        self.executions.append(execution)
        self._running.append(execution)
        threading.Thread(target=self._watch, args=(execution,), daemon=True).start()
        started(execution)

    def _watch(self, execution):
        execution.wait()
        with self._news:
            self._running.remove(execution)
            self._news.notify_all()

    def _is_ready(self, step):
        busy = sum(min(execution.step.cores, CORES) for execution in self._running)
        return self._needs_are_met(step) and (not self._running or busy + step.cores <= CORES)

    def _needs_are_met(self, step):
        passed = {execution.step.name for execution in self.executions if execution.passed}
        return all(need in passed for need in self._needs(step))

    def _is_hopeless(self, step):
        lost = {step.name for step in self.left_out}
        lost |= {one.step.name for one in self.executions if one.status is not None and not one.passed}
        return any(need in lost for need in self._needs(step))

    def _needs(self, step):
        return [need for need in step.needs if need in self._names]
