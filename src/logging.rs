//! The log on stderr, as text for people or as JSON for programs.
//!
//! A thread of its own writes the lines: see `logging/queue.rs`.

mod json;
mod output;
mod queue;

use crate::config::{Log, LogFormat};
use crate::model::text;
use env_logger::{Builder, Logger, Target};
use json::json_line;
use log::kv::Value;
use log::{Level, LevelFilter, Log as _, Metadata, Record, debug, error};
use output::Output;
use queue::Queue;
use std::any::Any;
use std::borrow::Cow;
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread;
use std::time::Duration;

/// The longest time that the end of the process waits until the last lines are written. It must fit
/// into the 10 seconds within which a server has promised to stop.
const LAST_LINES_TIMEOUT: Duration = Duration::from_secs(1);

/// The log of the process.
static LOG: OnceLock<ProcessLog> = OnceLock::new();

/// The log of a process, which follows settings that may change.
struct ProcessLog {
    queue: Arc<Queue>,
    format: RwLock<Format>,
}

/// What the settings say about the log.
struct Format {
    settings: Log,
    /// The logger that chooses and formats lines and puts them into the queue.
    logger: Logger,
}

/// Starts the log of the process. Only the first call has an effect: a process has one log.
///
/// Only the settings decide what is logged; the variable `RUST_LOG` is not read.
///
/// # Errors
/// A system that starts no thread; there is no log then.
pub fn start(settings: &Log) -> io::Result<()> {
    /// Held while the log starts, so that it has one thread.
    static STARTING: Mutex<()> = Mutex::new(());

    let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if LOG.get().is_some() {
        return Ok(());
    }
    thread::Builder::new().name("log".into()).spawn(|| {
        let log = LOG.wait();
        let report = |dropped| log.report(dropped);
        log.queue.write_to(Output::stderr(), report);
    })?;
    let log = LOG.get_or_init(|| {
        let queue = Arc::new(Queue::new());
        let format = RwLock::new(Format::new(settings, &queue));
        ProcessLog { queue, format }
    });
    if log::set_logger(log).is_ok() {
        log::set_max_level(settings.level);
    }
    Ok(())
}

/// Changes what the running log contains, and its format.
pub fn apply(settings: &Log) {
    if let Some(log) = LOG.get() {
        let format = Format::new(settings, &log.queue);
        *log.format.write().unwrap_or_else(PoisonError::into_inner) = format;
        log::set_max_level(settings.level);
    }
}

/// Writes the last line of the process to stderr, without the format of the log, and waits a
/// limited time until it and the lines before it are written. Where stderr is closed the line is
/// lost.
pub(crate) fn write_last(line: &str) {
    let line = text::on_one_line(line);
    match LOG.get() {
        Some(log) => {
            log.queue.push_last(format!("{line}\n").into_bytes());
            log.queue.flush(LAST_LINES_TIMEOUT);
        }
        None => writeln!(io::stderr(), "{line}").unwrap_or_default(),
    }
}

/// Waits a limited time until the last lines are written.
pub(crate) fn finish() {
    if let Some(log) = LOG.get() {
        log.queue.flush(LAST_LINES_TIMEOUT);
    }
}

impl ProcessLog {
    fn format(&self) -> RwLockReadGuard<'_, Format> {
        self.format.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the line that says how many lines were dropped. It is part of every log, whatever its
    /// level.
    fn report(&self, dropped: u64) -> Vec<u8> {
        let line = Arc::new(Queue::new());
        let settings = Log {
            level: LevelFilter::Warn,
            ..self.format().settings.clone()
        };
        Format::new(&settings, &line).logger.log(
            &Record::builder()
                .target(module_path!())
                .level(Level::Warn)
                .args(format_args!(
                    "lines of this log were dropped, because stderr did not take them"
                ))
                .key_values(&[("dropped", Value::from(dropped))])
                .build(),
        );
        line.take()
    }
}

impl log::Log for ProcessLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.format().logger.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        self.format().logger.log(record);
    }

    fn flush(&self) {}
}

impl Format {
    fn new(settings: &Log, queue: &Arc<Queue>) -> Self {
        let target = QueueWriter(Arc::clone(queue));
        let mut builder = Builder::new();
        // Libraries log warnings and errors, unless the settings ask for less.
        builder
            .filter_level(settings.level.min(LevelFilter::Warn))
            .filter_module("roomd", settings.level)
            // Its errors are about malformed HTTP, with which any client could fill the log.
            .filter_module("actix_http", LevelFilter::Off)
            .target(Target::Pipe(Box::new(target)));
        if settings.format == LogFormat::Json {
            builder.format(|out, record| writeln!(out, "{}", json_line(record)));
        }
        Self {
            settings: settings.clone(),
            logger: builder.build(),
        }
    }
}

/// Puts each line of the logger, which writes line by line, into the queue.
struct QueueWriter(Arc<Queue>);

impl Write for QueueWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A name in the line may hold what some readers take for its end.
        let on_one_line = str::from_utf8(line).map(text::on_one_line);
        self.0.push(match on_one_line {
            Ok(Cow::Owned(changed)) => changed.into_bytes(),
            _ => line.to_vec(),
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The name of the thread that starts a server. Its panics are the error of the start.
pub(crate) const START: &str = "start";

/// Reports each panic with one line, in the log or, where there is none, on stderr. The hook of the
/// standard library would write a stack trace, and wait for the reader of stderr.
pub(crate) fn report_panics() {
    panic::set_hook(Box::new(report_panic));
}

/// Returns the message of a panic.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> &str {
    (payload.downcast_ref::<&str>().copied())
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    let message = panic_message(panic.payload());
    let thread = thread::current();
    let name = thread.name().unwrap_or("without a name");
    if name == START {
        return;
    }
    let sentence = format!("the thread {name} failed, which is a fault of roomd: {message:?}");
    if LOG.get().is_none() {
        write_last(&format!("roomd: {sentence}"));
        return;
    }
    error!("{sentence}");
    if let Some(place) = panic.location() {
        debug!("it failed in {}, line {}", place.file(), place.line());
    }
    // The process ends with its main thread.
    if name == "main" {
        finish();
    }
}
