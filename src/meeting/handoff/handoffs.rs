//! Who may go to the meeting server at this moment.

use super::hosts::Hosts;
use super::{Deadline, Entry, HandoffError, HandoffServer, HostAction, TIMEOUT, Visit};
use crate::meeting::room_options::MeetingOptions;
use crate::model::{Guid, Timestamp, WithoutHost};
use log::warn;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// How many calls to the meeting server may be under way, each of which needs a thread. (Tuning.)
pub(crate) const MAX_CALLS: usize = 16;

/// How long an answer about who is in a meeting is believed. Each page that waits asks so often.
const PRESENCE_AGE: Duration = Duration::from_secs(3);

/// The time between two looks for meetings whose time is over. The first is at the start.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What becomes of a person who wants to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The person goes to the meeting.
    Enter(Entry),
    /// The person waits until a host is there.
    WaitForHost,
}

/// All hand-offs to one meeting server.
#[derive(Debug)]
pub(crate) struct Handoffs {
    server: Arc<HandoffServer>,
    without_host: WithoutHost,
    /// How long a host counts as present, on a server that does not tell who is there.
    host_stays: Duration,
    state: Mutex<State>,
    calls: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct State {
    hosts: Hosts,
    /// What the server said last of the rooms in which somebody waits: whether a host is there.
    seen: HashMap<Guid, (Instant, bool)>,
    /// One lock for each room to which somebody is on the way, so that two clicks make one meeting.
    locks: HashMap<Guid, Weak<AsyncMutex<()>>>,
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
            state: Mutex::default(),
            calls: Arc::new(Semaphore::new(MAX_CALLS)),
        }
    }

    /// Returns the server.
    pub(crate) fn server(&self) -> &HandoffServer {
        &self.server
    }

    /// Lets a person in, or lets them wait.
    ///
    /// # Errors
    /// A server that does not answer within 5 seconds, or refuses; too many people at once.
    pub(crate) async fn enter(&self, visit: Visit) -> Result<Outcome, HandoffError> {
        let deadline = Deadline::within(TIMEOUT);
        let entering = self.enter_before(visit, deadline);
        timeout(TIMEOUT, entering)
            .await
            .unwrap_or_else(|_| Err(deadline.timed_out()))
    }

    /// Ends the meeting of a room that was deleted, in the background: a server that refuses is no
    /// reason to keep the room.
    pub(crate) fn room_deleted(&self, room: Guid) {
        self.state().hosts.forget(room);
        if !self.server.calls_out() {
            return;
        }
        let (server, calls) = (self.server.clone(), self.calls.clone());
        let lock = self.state().lock_of(room);
        tokio::spawn(async move {
            // After those who are on the way, who would open the meeting again.
            let _turn = lock.lock_owned().await;
            let Ok(_permit) = calls.acquire_owned().await else {
                return;
            };
            let end = move || server.end(room, Deadline::within(TIMEOUT));
            if let Ok(Err(error)) = spawn_blocking(end).await {
                warn!(room:%; "the meeting of a deleted room was not ended: {error}");
            }
        });
    }

    /// Does what a host wants to do to people; None on a server whose own page does that. False: the
    /// person is no longer there.
    ///
    /// # Errors
    /// A server that does not answer within 5 seconds, or refuses.
    pub(crate) async fn act(
        &self,
        room: Guid,
        options: MeetingOptions,
        action: HostAction,
    ) -> Result<Option<bool>, HandoffError> {
        let deadline = Deadline::within(TIMEOUT);
        if action == HostAction::End {
            self.state().hosts.forget(room);
        }
        let acting = self.call(move |server| server.act(room, &options, &action, deadline));
        timeout(TIMEOUT, acting)
            .await
            .unwrap_or_else(|_| Err(deadline.timed_out()))
    }

    /// Ends meetings whose time is over, and never ends; only waits where the server does that itself.
    pub(crate) async fn watch(&self) {
        if !self.server.forgets_the_time() {
            return std::future::pending().await;
        }
        let mut has_failed = false;
        loop {
            let deadline = Deadline::within(TIMEOUT);
            let ended = self.call(move |server| server.end_overdue(Timestamp::now(), deadline));
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

    async fn enter_before(
        &self,
        visit: Visit,
        deadline: Deadline,
    ) -> Result<Outcome, HandoffError> {
        let room = visit.room.guid;
        let _turn = self.lock(room).await;
        if !self.may_enter(&visit, deadline).await? {
            return Ok(Outcome::WaitForHost);
        }
        let is_host = visit.is_host();
        let entry = self
            .call(move |server| server.enter(&visit, deadline))
            .await?;
        if is_host {
            self.state().hosts.went(room, Instant::now());
        }
        Ok(Outcome::Enter(entry))
    }

    async fn may_enter(&self, visit: &Visit, deadline: Deadline) -> Result<bool, HandoffError> {
        let room = visit.room.guid;
        let given = visit.room.host_link_given;
        if visit.is_host() || !visit.options.waits_for_host(self.without_host, given) {
            return Ok(true);
        }
        let now = Instant::now();
        if let Some(known) = self.state().known_host(room, now) {
            return Ok(known);
        }
        let found = self
            .call(move |server| server.has_host(room, deadline))
            .await?;
        let mut state = self.state();
        Ok(match found {
            Some(has_host) => state.saw(room, has_host, now),
            None => state.hosts.went_within(room, self.host_stays, now),
        })
    }

    /// Calls the server on a thread that may block.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&HandoffServer) -> Result<T, HandoffError> + Send + 'static,
    ) -> Result<T, HandoffError> {
        if !self.server.calls_out() {
            return work(&self.server);
        }
        // The thread goes on where the caller gives up, and keeps its permit until it ends.
        let permit = self.calls.clone().acquire_owned().await;
        let permit = permit.map_err(|_| HandoffError::Busy)?;
        let server = self.server.clone();
        let called = spawn_blocking(move || {
            let outcome = work(&server);
            drop(permit);
            outcome
        });
        called
            .await
            .unwrap_or_else(|error| Err(HandoffError::Unreachable(error.to_string())))
    }

    /// Waits until nobody else is on the way to a room.
    async fn lock(&self, room: Guid) -> OwnedMutexGuard<()> {
        let lock = self.state().lock_of(room);
        lock.lock_owned().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns whether a host is in a room, if that need not be asked.
    fn known_host(&self, room: Guid, now: Instant) -> Option<bool> {
        if self.hosts.is_on_the_way(room, now) {
            return Some(true);
        }
        let (at, has_host) = self.seen.get(&room)?;
        is_fresh(*at, now).then_some(*has_host)
    }

    /// Records whether a host was seen in a room, and returns that.
    fn saw(&mut self, room: Guid, has_host: bool, now: Instant) -> bool {
        self.seen.retain(|_, (at, _)| is_fresh(*at, now));
        self.seen.insert(room, (now, has_host));
        has_host
    }

    /// Returns the lock of a room.
    fn lock_of(&mut self, room: Guid) -> Arc<AsyncMutex<()>> {
        let known = self.locks.get(&room).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            self.locks.retain(|_, lock| lock.strong_count() > 0);
            let lock = Arc::default();
            self.locks.insert(room, Arc::downgrade(&lock));
            lock
        })
    }
}

fn is_fresh(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < PRESENCE_AGE
}
