//! The queue between the threads that log and the thread that writes.
//!
//! To write may take forever: a pipe that its reader does not read, a stopped terminal. So no thread
//! that logs writes itself, and none waits for the thread that does. Lines for which the queue has no
//! room are dropped and counted, as are those that the output does not take. Once lines can be
//! written again, one line says how many were dropped.

use super::output::Output;
use std::collections::VecDeque;
use std::io::Write;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most bytes of the lines that wait. (Tuning: some 8,000 lines, a second of many requests.)
const MAX_BYTES: usize = 1024 * 1024;

/// How long the thread that writes lets lines gather once it has written all. (Tuning: to wake it for
/// each line costs the thread that logs more than the line itself.)
const PAUSE: Duration = Duration::from_millis(5);

/// The lines that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// What the thread that writes waits for.
    arrived: Condvar,
    /// What a flush waits for.
    written: Condvar,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// The bytes of all lines.
    bytes: usize,
    /// The number of lines that were lost and not reported yet.
    dropped: u64,
    /// True while a line is written that is not in `lines` any more.
    is_writing: bool,
    /// True if the last line could not be written.
    is_failing: bool,
    /// True while the thread that writes waits for the next line, however long that takes.
    is_asleep: bool,
    /// How many flushes wait.
    flushes: usize,
}

/// What the thread that writes does next.
enum Task {
    Write(Vec<u8>),
    /// Report that so many lines were dropped.
    Report(u64),
}

impl Queue {
    pub(super) fn new() -> Self {
        Self::with_room_for(MAX_BYTES)
    }

    fn with_room_for(max_bytes: usize) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            written: Condvar::new(),
            max_bytes,
        }
    }

    /// Adds a line, or drops it if there is no room. Never waits.
    pub(super) fn push(&self, line: Vec<u8>) {
        let mut state = self.lock();
        if state.bytes + line.len() > self.max_bytes {
            state.dropped += 1;
            return;
        }
        self.push_to(state, line);
    }

    /// Adds the last line of the process, for which there is always room.
    pub(super) fn push_last(&self, line: Vec<u8>) {
        self.push_to(self.lock(), line);
    }

    fn push_to(&self, mut state: MutexGuard<'_, State>, line: Vec<u8>) {
        state.push(line);
        let is_asleep = mem::take(&mut state.is_asleep);
        // Woken with the lock held, the thread would wait for it at once.
        drop(state);
        if is_asleep {
            self.arrived.notify_one();
        }
    }

    /// Removes the next line and returns it; an empty one if there is none.
    pub(super) fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_default()
    }

    /// Waits until all lines and a report that is due are written, though no longer than that.
    pub(super) fn flush(&self, timeout: Duration) {
        let is_busy = |state: &mut State| {
            let has_report = state.dropped > 0 && !state.is_failing;
            state.is_writing || !state.lines.is_empty() || has_report
        };
        let mut state = self.lock();
        state.flushes += 1;
        self.arrived.notify_one();
        // On a timeout the lines are lost with the process.
        let waited = self.written.wait_timeout_while(state, timeout, is_busy);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.flushes -= 1;
    }

    /// Writes all lines, and never ends. `report` returns the line that says how many lines were
    /// dropped.
    pub(super) fn write_to<W: Write>(
        &self,
        mut output: Output<W>,
        report: impl Fn(u64) -> Vec<u8>,
    ) {
        loop {
            self.run_task(&mut output, &report);
        }
    }

    /// Waits for a task and does it.
    fn run_task<W: Write>(&self, output: &mut Output<W>, report: impl Fn(u64) -> Vec<u8>) {
        let task = self.next();
        let written = match &task {
            Task::Write(line) => output.write_line(line),
            Task::Report(dropped) => output.write_line(&report(*dropped)),
        };
        let mut state = self.lock();
        state.is_writing = false;
        state.is_failing = written.is_err();
        match task {
            Task::Write(_) if state.is_failing => state.dropped += 1,
            Task::Report(dropped) if !state.is_failing => state.dropped -= dropped,
            Task::Write(_) | Task::Report(_) => {}
        }
        if state.flushes > 0 {
            self.written.notify_all();
        }
    }

    fn next(&self) -> Task {
        let mut state = self.lock();
        let mut has_paused = false;
        loop {
            // Not while lines are lost: each report would be followed by the next one.
            let is_over = !state.is_failing && state.bytes <= self.max_bytes / 2;
            if state.dropped > 0 && is_over {
                state.is_writing = true;
                return Task::Report(state.dropped);
            }
            if let Some(line) = state.pop() {
                state.is_writing = true;
                return Task::Write(line);
            }
            if has_paused || state.flushes > 0 {
                state.is_asleep = true;
                let woken = self.arrived.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            } else {
                has_paused = true;
                let paused = self.arrived.wait_timeout(state, PAUSE);
                (state, _) = paused.unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.lines.push_back(line);
    }

    fn pop(&mut self) -> Option<Vec<u8>> {
        let line = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{io, thread};

    /// An output that takes so many bytes, then fails.
    struct Limited {
        taken: Vec<u8>,
        left: usize,
    }

    impl Write for &mut Limited {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.left);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.left -= count;
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output that others read.
    struct Shared(&'static Mutex<Vec<u8>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("bytes").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn report(dropped: u64) -> Vec<u8> {
        format!("dropped {dropped}\n").into_bytes()
    }

    fn push(queue: &Queue, lines: &[&str]) {
        lines
            .iter()
            .for_each(|line| queue.push(line.as_bytes().to_vec()));
    }

    /// Runs so many tasks; returns what the output has taken.
    fn run(queue: &Queue, tasks: usize, left: usize) -> String {
        let mut limited = Limited {
            taken: Vec::new(),
            left,
        };
        let mut output = Output::new(&mut limited);
        (0..tasks).for_each(|_| queue.run_task(&mut output, report));
        String::from_utf8(limited.taken).expect("a text")
    }

    #[test]
    fn lines_beyond_the_room_are_dropped_and_reported_once() {
        let queue = Queue::with_room_for(8);
        push(&queue, &["a\n", "b\n", "c\n", "d\n", "e\n", "f\n"]);
        // The report comes once half of the room is free.
        assert_eq!(run(&queue, 5, 99), "a\nb\ndropped 2\nc\nd\n");
        push(&queue, &["g\n"]);
        assert_eq!(run(&queue, 1, 99), "g\n");
        queue.flush(Duration::MAX);
    }

    #[test]
    fn lines_that_the_output_does_not_take_are_reported_once_it_takes_lines_again() {
        let queue = Queue::with_room_for(99);
        push(&queue, &["a\n", "b\n", "c\n"]);
        assert_eq!(run(&queue, 3, 0), "");
        queue.flush(Duration::MAX);
        push(&queue, &["d\n", "e\n"]);
        assert_eq!(run(&queue, 3, 99), "d\ndropped 3\ne\n");
    }

    /// A line that comes while the thread pauses, or sleeps, is written before the flush returns.
    #[test]
    fn a_flush_ends_the_pause_of_the_thread_that_writes() {
        let queue = &*Box::leak(Box::new(Queue::with_room_for(99)));
        let taken: &Mutex<Vec<u8>> = Box::leak(Box::default());
        thread::spawn(move || queue.write_to(Output::new(Shared(taken)), report));
        for line in ["a\n", "b\n", "c\n"] {
            queue.push(line.into());
            queue.flush(Duration::MAX);
            assert!(taken.lock().expect("bytes").ends_with(line.as_bytes()));
        }
    }

    #[test]
    fn a_flush_waits_no_longer_than_its_timeout() {
        let queue = Queue::with_room_for(0);
        queue.push_last(b"last".to_vec());
        queue.flush(Duration::from_millis(1));
        assert_eq!(run(&queue, 1, 99), "last");
    }
}
