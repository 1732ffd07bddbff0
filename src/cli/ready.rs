//! How a server tells that it is ready.

use super::error::CliError;
use super::output::print_line;
use crate::store::ThreadError;
use actix_web::rt::time::timeout;
use log::warn;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a server waits for the reader of stdout before it does without. (Tuning: a reader that
/// works takes the line at once.)
const READER_TIMEOUT: Duration = Duration::from_secs(1);

/// Prints lines as [`print_line`] does, from a thread of its own: a reader of stdout that does not read
/// keeps the server neither from serving nor from stopping.
pub(super) async fn announce(lines: String) -> Result<(), CliError> {
    let (send, printed) = oneshot::channel();
    let print = move || {
        // Fails if nothing waits any more.
        let _ = send.send(print_line(lines));
    };
    let thread = thread::Builder::new().name("ready".into()).spawn(print);
    thread.map_err(ThreadError::from)?;
    match timeout(READER_TIMEOUT, printed).await {
        Ok(Ok(printed)) => Ok(printed?),
        Ok(Err(_)) | Err(_) => {
            warn!("nothing reads stdout: the line that says that the server is ready waits there");
            Ok(())
        }
    }
}
