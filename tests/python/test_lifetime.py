# SPDX-License-Identifier: MIT
"""Threads, closing, forks, the interpreter's exit; hooks for the log and for metrics."""
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable

import support  # before the package, which it finds
import cruddur
from cruddur import Metrics, Operation, Status
from support import ADA, BEN, GUARD_S, IS_SQLITE, SECRET, StoreTest, run_python, run_threads

THREADS = 8


class ThreadsTest(StoreTest):
    def test_many_use_one_store(self) -> None:
        group = self.talk(1)

        def work(number: int) -> None:
            for count in range(10):
                message = self.dm.append((ADA, BEN)[number % 2], group, f"{number}.{count}")
                page = self.dm.message_page(group, viewer_uuid=ADA.uuid, limit=100)
                assert message.uuid in {each.uuid for each in page}

        run_threads(work, THREADS)
        self.assertEqual(len(list(self.dm.messages(group, trusted=True))), 1 + THREADS * 10)

    def test_a_page_is_shared(self) -> None:
        group = self.talk(30)
        wanted = [each.text for each in self.dm.message_page(group, trusted=True, limit=30)]
        for _ in range(20):
            page = self.dm.message_page(group, trusted=True, limit=30)
            start = threading.Barrier(THREADS)

            def look(_: int) -> None:
                start.wait(GUARD_S)
                assert [each.text for each in page] == wanted

            run_threads(look, THREADS)

    def test_close_waits_for_calls(self) -> None:
        self.talk(1)
        inside, leave = threading.Event(), threading.Event()

        def observe(event: object) -> None:
            inside.set()
            leave.wait(GUARD_S)

        caller = threading.Thread(target=lambda: self.dm.check(observe=observe))
        caller.start()
        self.assertTrue(inside.wait(GUARD_S))
        closer = threading.Thread(target=self.dm.close)
        closer.start()
        while not self.dm.is_closed:
            pass
        with self.refused(cruddur.ClosedError, Status.E_INVALID_ARGUMENT, "dm"):
            self.dm.groups(ADA.uuid).__next__()
        self.assertTrue(closer.is_alive())
        leave.set()
        caller.join(GUARD_S)
        closer.join(GUARD_S)
        self.assertFalse(closer.is_alive())

    def test_closing_among_calls(self) -> None:
        for _ in range(5):
            dm = self.open_fresh()
            group = dm.create_group(ADA, BEN, "m0").uuid
            start = threading.Barrier(THREADS)

            def work(number: int) -> None:
                start.wait(GUARD_S)
                try:
                    for _ in range(20):
                        dm.append(ADA, group, "text")
                        if number == 0:
                            dm.close()
                except cruddur.ClosedError:
                    pass

            run_threads(work, THREADS)


    def test_exceptions_of_signal_handlers(self) -> None:
        """However a call is interrupted, the store can be used and closed afterwards."""
        class Interrupt(Exception):
            pass

        is_due = False

        def interrupt(*_: object) -> None:
            nonlocal is_due
            is_due = False
            raise Interrupt  # where Python ignores exceptions, as in __del__, the loop ends without it

        group = self.talk(1)
        before = signal.signal(signal.SIGALRM, interrupt)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        watch = self.dm.watch(user_uuid=ADA.uuid)

        def call() -> None:  # a loop inside of `try` would have its jump outside of it, from 3.13 on
            while is_due:
                self.dm.get_group(ADA.uuid, group)
                watch.next(0)

        for number in range(300):
            is_due = True
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + number % 7 * 0.0001)
                call()
            except Interrupt:
                pass
        closer = threading.Thread(target=self.dm.close)  # of another thread: it waits for this one
        closer.start()
        closer.join(GUARD_S)
        self.assertFalse(closer.is_alive())
        watch.close()

    def test_closing_in_a_signal_handler(self) -> None:
        self.talk(1)
        watch = self.dm.watch(user_uuid=ADA.uuid)
        before = signal.signal(signal.SIGALRM, lambda *_: watch.close())
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertEqual(list(watch), [])
        self.assertRaises(cruddur.ClosedError, watch.fileno)


class EndTest(StoreTest):
    def test_a_store_that_is_forgotten(self) -> None:
        url = self.open_fresh().url
        dm = cruddur.open(url)
        with self.assertWarns(ResourceWarning):
            del dm
            gc.collect()
        if IS_SQLITE:
            cruddur.open(url, existing=True).close()

    @support.sqlite_only
    def test_the_interpreter_ends(self) -> None:
        """With stores that are open, and threads in calls; with hooks, which outlive the module."""
        code = f"""
import cruddur, logging, threading, warnings
warnings.simplefilter("ignore")
logging.basicConfig(level=logging.DEBUG)
dm = cruddur.open({self.url!r}, metrics=lambda metrics: None)
group = dm.create_group({ADA.uuid!r}, {BEN.uuid!r}, "text").uuid
begun = threading.Event()
def work():
    while True:
        try:
            dm.append({ADA.uuid!r}, group, "text")
            begun.set()
        except cruddur.ClosedError:
            break
for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
print("end")
"""
        for _ in range(5):
            done = run_python(code)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "end\n", ""))

    @support.sqlite_only
    def test_calls_return_before_the_interpreter_ends(self) -> None:
        """A daemon thread's call, with the hook that it calls, is waited for."""
        code = f"""
import cruddur, threading, time, warnings
warnings.simplefilter("ignore")
begun = threading.Event()
def hook(metrics):
    if metrics.operation is cruddur.Operation.GROUP_CREATE:
        begun.set()
        time.sleep(0.3)
        print("told")
dm = cruddur.open({self.url!r}, metrics=hook)
threading.Thread(target=lambda: dm.create_group({ADA.uuid!r}, {BEN.uuid!r}, "text"), daemon=True).start()
begun.wait()
"""
        done = run_python(code)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "told\n", ""))

    def test_a_forked_child(self) -> None:
        """A lock that another thread held at the fork does not hold up the child."""
        group = self.talk(1)
        walk = self.dm.messages(group, trusted=True, page_size=1)
        handle = self.dm._handle
        held, forked = threading.Event(), threading.Event()

        def hold() -> None:
            with handle._lock, handle.turn():
                held.set()
                forked.wait(GUARD_S)

        holder = threading.Thread(target=hold)
        handle.turn()
        holder.start()
        self.assertTrue(held.wait(GUARD_S))
        child = support.fork()
        if child == 0:
            os._exit(self.work_in_child(group, walk))
        forked.set()
        holder.join(GUARD_S)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.dm.append(ADA, group, "still here")

    def work_in_child(self, group: str, walk: cruddur.Listing[cruddur.Message]) -> int:
        try:
            calls: tuple[Callable[[], object], ...] = (
                lambda: self.dm.append(ADA, group, SECRET), lambda: next(walk),
                lambda: self.dm.check())
            for call in calls:
                with self.refused(cruddur.ForkedError, Status.E_STORE_FORKED):
                    call()
            if IS_SQLITE:
                with self.refused(cruddur.ForkedError, Status.E_STORE_FORKED):
                    cruddur.open(self.url)
            self.dm.close()
        except BaseException as failure:
            os.write(2, repr(failure).encode())
            return 1
        return 0


class HooksTest(StoreTest):
    def test_metrics(self) -> None:
        found: list[Metrics] = []
        dm = self.open_fresh(metrics=found.append)
        del found[:]
        group = dm.create_group(ADA, BEN, "text").uuid
        with self.assertRaises(cruddur.Error):
            dm.append(support.EVE, group, SECRET)
        self.assertEqual([(each.operation, each.status) for each in found],
                         [(Operation.GROUP_CREATE, Status.OK),
                          (Operation.MSG_APPEND, Status.E_GROUP_NOT_FOUND)])
        self.assertGreater(found[0].duration_us, 0)
        self.assertGreater(found[0].rows_written, 0)
        self.assertEqual(found[0].requests > 0, not IS_SQLITE)

    def test_hooks_that_raise(self) -> None:
        def fail(metrics: Metrics) -> None:
            raise KeyboardInterrupt(SECRET)

        dm = self.open_fresh()
        dm.close()
        dm = cruddur.open(self.url, metrics=fail)
        self.addCleanup(dm.close)
        with self.assertLogs("cruddur", logging.ERROR) as logs:
            dm.create_group(ADA, BEN, "text")
        self.assertIn("the metrics hook raised", logs.output[0])

    def test_the_log(self) -> None:
        """A service that cannot be reached is retried, which the log tells."""
        url = "dynamodb:messages?region=us-east-1&attempts=3&endpoint=http://127.0.0.1:1"
        own = logging.getLogger("own")
        own.setLevel(logging.DEBUG)
        with self.assertLogs("own", logging.DEBUG) as logs, \
                cruddur.open(url, log=own) as dm, self.assertRaises(cruddur.ServiceError):
            dm.append(ADA, support.NOWHERE, SECRET)
        self.assertTrue(logs.output)
        self.assertNotIn(SECRET, "".join(logs.output))

        class Failing(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                raise RuntimeError("no disk")

        handler = Failing()
        own.addHandler(handler)
        own.propagate = False
        self.addCleanup(own.removeHandler, handler)
        with self.assertLogs("cruddur", logging.ERROR) as logs, \
                cruddur.open(url, log=own) as dm, self.assertRaises(cruddur.ServiceError):
            dm.append(ADA, support.NOWHERE, SECRET)
        self.assertIn("the log hook raised", logs.output[0])
        with self.assertNoLogs("cruddur", logging.DEBUG), cruddur.open(url, log=False) as dm, \
                self.assertRaises(cruddur.ServiceError):
            dm.append(ADA, support.NOWHERE, SECRET)


class MemoryTest(StoreTest):
    def test_calls_leave_nothing_behind(self) -> None:
        import tracemalloc
        group = self.talk(20)

        def work() -> None:
            for _ in range(20):
                list(self.dm.messages(group, trusted=True))
                list(self.dm.groups(ADA.uuid))
                self.dm.members(group, trusted=True)
                self.dm.check(observe=lambda event: None)
                try:
                    self.dm.get_group(support.EVE, group)
                except cruddur.Error:
                    pass

        work()
        tracemalloc.start()
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        work()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        self.assertLess(grown, 10_000)


if __name__ == "__main__":
    support.main()
