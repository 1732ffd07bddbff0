//! Who may go to the meeting server at this moment.

use super::arrivals::{Arrival, Arrivals};
use super::known_rooms::KnownRooms;
use super::metrics::Fared;
use super::outage::Outage;
use super::{Deadline, Entry, HandoffError, HandoffServer, HostAction, TIMEOUT, Visit};
use crate::meeting::room_options::MeetingOptions;
use crate::metrics::{Counters, Family, Label};
use crate::model::{Guid, Timestamp, WithoutHost};
use log::warn;
use std::any::Any;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// How many calls to the meeting server may be under way. (Tuning.)
const MAX_CALLS: usize = 16;

/// How many threads these calls need: each one its own, and one more that looks the address of the server
/// up, because the system's look-up knows no deadline.
pub(crate) const CALL_THREADS: usize = 2 * MAX_CALLS;

/// The part of the time that a look for a host may take. With the rest, a failure is remembered before the
/// time of those is over who wait for the same answer.
const LOOK_PERCENT: u32 = 80;

/// The least time that must be left for a call to begin. A call with less would be given up before the server
/// can answer, and look like a server that does not.
const LEAST_LEFT: Duration = Duration::from_millis(250);

/// The time between two looks for meetings whose time is over. The first is at the start.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// All hand-offs to one meeting server.
#[derive(Debug)]
pub(crate) struct Handoffs {
    server: Arc<HandoffServer>,
    without_host: WithoutHost,
    /// How long a host counts as present, on a server that does not tell who is there.
    host_stays: Duration,
    arrivals: Arrivals,
    rooms: Mutex<KnownRooms>,
    calls: Arc<Semaphore>,
    /// How those fared who wanted to enter.
    fared: Counters<Fared>,
    outage: Outage,
}

/// What one person asks for, which has to be done in time.
struct Attempt {
    deadline: Deadline,
    /// Whether the server was called. Until then, the time went by behind others.
    has_called: AtomicBool,
}

impl Attempt {
    fn begin() -> Self {
        Self {
            deadline: Deadline::within(TIMEOUT),
            has_called: AtomicBool::new(false),
        }
    }

    /// Waits for what is done, until the time is over.
    async fn finish<T>(
        &self,
        work: impl Future<Output = Result<T, HandoffError>>,
    ) -> Result<T, HandoffError> {
        let done = timeout(TIMEOUT, work).await;
        done.unwrap_or_else(|_| Err(self.too_late()))
    }

    /// Records that the server is called, if there is time for that.
    fn begin_call(&self) -> Result<(), HandoffError> {
        if self.deadline.left().unwrap_or_default() < LEAST_LEFT {
            return Err(self.too_late());
        }
        self.has_called.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Returns why nothing was done in time: the server is slow, or others were in front of this person.
    fn too_late(&self) -> HandoffError {
        if self.has_called.load(Ordering::Relaxed) {
            self.deadline.timed_out()
        } else {
            HandoffError::Busy
        }
    }
}

impl Handoffs {
    /// Returns hand-offs to a server.
    pub(crate) fn new(
        server: HandoffServer,
        without_host: WithoutHost,
        host_stays: Duration,
    ) -> Self {
        Self {
            server: Arc::new(server),
            without_host,
            host_stays,
            arrivals: Arrivals::default(),
            rooms: Mutex::default(),
            calls: Arc::new(Semaphore::new(MAX_CALLS)),
            fared: Counters::default(),
            outage: Outage::default(),
        }
    }

    /// Returns the server.
    pub(crate) fn server(&self) -> &HandoffServer {
        &self.server
    }

    /// Counts a person who is on the way, of a client that is counted; None if too many of it are.
    pub(crate) fn arrive(&self, client: Option<IpAddr>) -> Option<Arrival> {
        self.arrivals.begin(client)
    }

    /// Lets a person in; None if the person has to wait until a host is there.
    ///
    /// # Errors
    /// A server that does not answer within 5 seconds, or refuses; too many people at once.
    pub(crate) async fn enter(
        &self,
        visit: Visit,
        _arrival: Arrival,
    ) -> Result<Option<Entry>, HandoffError> {
        let attempt = Attempt::begin();
        let outcome = attempt.finish(self.enter_in_turn(visit, &attempt)).await;
        self.outage.record(&outcome);
        self.fared.count(match &outcome {
            Ok(Some(_)) => Fared::Entered,
            Ok(None) => Fared::Waiting,
            Err(error) => error.into(),
        });
        outcome
    }

    /// Adds how many people fared how to the counters of all hand-offs.
    pub(crate) fn add_to(&self, family: &mut Family) {
        let server = self.server.kind().as_str();
        for (fared, count) in self.fared.all() {
            family.add(&[("server", server), (Fared::NAME, fared.as_str())], count);
        }
    }

    /// Ends the meeting of a room that was deleted, in the background: a server that refuses is no
    /// reason to keep the room.
    pub(crate) fn room_deleted(&self, room: Guid) {
        self.rooms().forget(room);
        if !self.server.calls_out() {
            return;
        }
        let (server, calls) = (self.server.clone(), self.calls.clone());
        let lock = self.rooms().lock_of(room);
        tokio::spawn(async move {
            // After those who are on the way, who would open the meeting again.
            let _turn = lock.write_owned().await;
            let permit = permit(calls).await;
            let deadline = Deadline::within(TIMEOUT);
            let ended = blocking(server, permit, move |server| server.end(room, deadline));
            if let Err(error) = ended.await {
                warn!(room:%; "the meeting of a deleted room was not ended: {error}");
            }
        });
    }

    /// Does what a host wants to do to people; None on a server whose own page does that. False: the
    /// person is no longer there.
    ///
    /// # Errors
    /// A server that does not answer within 5 seconds, or refuses; too many people at once.
    pub(crate) async fn act(
        &self,
        room: Guid,
        options: MeetingOptions,
        action: HostAction,
    ) -> Result<Option<bool>, HandoffError> {
        let attempt = Attempt::begin();
        let deadline = attempt.deadline;
        let ends = action == HostAction::End;
        let acting = self.call(&attempt, move |server| {
            server.act(room, &options, &action, deadline)
        });
        let done = attempt.finish(acting).await;
        self.outage.record(&done);
        if ends {
            // Afterwards, because others may see the host there until then; whatever came of it, because a
            // call that is too late may be obeyed.
            self.rooms().forget(room);
        }
        done
    }

    /// Ends meetings whose time is over, and never ends; only waits where the server does that itself.
    pub(crate) async fn watch(&self) {
        if !self.server.forgets_the_time() {
            return std::future::pending().await;
        }
        let mut has_failed = false;
        loop {
            let attempt = Attempt::begin();
            let deadline = attempt.deadline;
            let ended = self.call(&attempt, move |server| {
                server.end_overdue(Timestamp::now(), deadline)
            });
            match ended.await {
                Ok(()) => has_failed = false,
                Err(error) => {
                    // Once, until it works again: people who enter say the same.
                    if !std::mem::replace(&mut has_failed, true) {
                        warn!("meetings whose time is over go on: {error}");
                    }
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn enter_in_turn(
        &self,
        visit: Visit,
        attempt: &Attempt,
    ) -> Result<Option<Entry>, HandoffError> {
        let (room, deadline) = (visit.room.guid, attempt.deadline);
        let _turn = self.turn(&visit).await;
        if !self.may_enter(&visit, attempt).await? {
            return Ok(None);
        }
        let is_host = visit.is_host();
        let entering = self.call(attempt, move |server| server.enter(&visit, deadline));
        let entry = entering.await?;
        let mut rooms = self.rooms();
        rooms.opened(room, Instant::now());
        if is_host {
            rooms.hosts.went(room, Instant::now());
        }
        Ok(Some(entry))
    }

    /// Waits for the turn of a person to go to a room, which ends when what is returned is dropped.
    async fn turn(&self, visit: &Visit) -> Box<dyn Any + Send> {
        let lock = self.rooms().lock_of(visit.room.guid);
        if !self.may_share_turn(visit) {
            let alone = lock.clone().write_owned().await;
            // Others may have opened the meeting meanwhile.
            if !self.may_share_turn(visit) {
                return Box::new(alone);
            }
        }
        Box::new(lock.read_owned().await)
    }

    /// Returns whether a person may go to a room together with others. Who opens the meeting, or looks for a
    /// host, goes alone: two who open it at once get two meetings on some servers, and of many who look at once
    /// one is enough. Once it is open, a call that opens it again changes nothing.
    fn may_share_turn(&self, visit: &Visit) -> bool {
        // Of two who begin a meeting anew whose time is over, one would end that of the other.
        let may_begin_anew = self.server.forgets_the_time() && visit.options.minutes().is_some();
        let (rooms, now) = (self.rooms(), Instant::now());
        let room = visit.room.guid;
        let is_decided = !self.waits_for_host(visit) || rooms.host(room, now).is_some();
        is_decided && rooms.is_open(room, now) && !may_begin_anew
    }

    fn waits_for_host(&self, visit: &Visit) -> bool {
        let given = visit.room.host_link_given;
        !visit.is_host() && visit.options.waits_for_host(self.without_host, given)
    }

    async fn may_enter(&self, visit: &Visit, attempt: &Attempt) -> Result<bool, HandoffError> {
        if !self.waits_for_host(visit) {
            return Ok(true);
        }
        let (room, now) = (visit.room.guid, Instant::now());
        if let Some(known) = self.rooms().host(room, now) {
            return known;
        }
        let deadline = attempt.deadline.after_percent(LOOK_PERCENT);
        let deadline = deadline.map_err(|_| attempt.too_late())?;
        let looking = self.call(attempt, move |server| server.has_host(room, deadline));
        match looking.await {
            Ok(None) => Ok(self.rooms().hosts.went_within(room, self.host_stays, now)),
            Ok(Some(has_host)) => {
                self.rooms().saw(room, Ok(has_host), now);
                Ok(has_host)
            }
            // The server was not asked.
            Err(HandoffError::Busy) => Err(HandoffError::Busy),
            Err(error) => {
                // From its end on: it may have taken longer than it is remembered.
                self.rooms().saw(room, Err(error.clone()), Instant::now());
                Err(error)
            }
        }
    }

    /// Calls the server on a thread that may block.
    async fn call<T: Send + 'static>(
        &self,
        attempt: &Attempt,
        work: impl FnOnce(&HandoffServer) -> Result<T, HandoffError> + Send + 'static,
    ) -> Result<T, HandoffError> {
        if !self.server.calls_out() {
            return work(&self.server);
        }
        let permit = permit(self.calls.clone()).await;
        attempt.begin_call()?;
        blocking(self.server.clone(), permit, work).await
    }

    fn rooms(&self) -> MutexGuard<'_, KnownRooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until one more call may be under way.
async fn permit(calls: Arc<Semaphore>) -> OwnedSemaphorePermit {
    let permit = calls.acquire_owned().await;
    permit.expect("the semaphore is never closed")
}

/// Calls the server on a thread of its own, which goes on where the caller gives up, and keeps its permit
/// until it ends.
async fn blocking<T: Send + 'static>(
    server: Arc<HandoffServer>,
    permit: OwnedSemaphorePermit,
    work: impl FnOnce(&HandoffServer) -> Result<T, HandoffError> + Send + 'static,
) -> Result<T, HandoffError> {
    let called = spawn_blocking(move || {
        let outcome = work(&server);
        drop(permit);
        outcome
    });
    called.await.expect("neither a panic nor a stop is hidden")
}
