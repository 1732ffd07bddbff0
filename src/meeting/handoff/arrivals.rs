//! How many people each client has on their way.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most people of one client who may be on their way at a time: a class that clicks at once, and few
/// enough that others who come meanwhile wait behind some rounds of calls, and not behind one program that
/// joins in a loop. (Tuning.)
const MAX_PER_CLIENT: usize = 50;

/// The people who are on their way to the meeting server, by client.
#[derive(Debug, Default)]
pub(super) struct Arrivals(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A person who is on the way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Arrival {
    client: Option<IpAddr>,
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Arrivals {
    /// Counts a person of a client, if it is counted; None if too many of it are on their way.
    pub(super) fn begin(&self, client: Option<IpAddr>) -> Option<Arrival> {
        if let Some(client) = client {
            let mut counts = lock(&self.0);
            let count = counts.entry(client).or_default();
            if *count >= MAX_PER_CLIENT {
                return None;
            }
            *count += 1;
        }
        Some(Arrival {
            client,
            counts: Arc::clone(&self.0),
        })
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        let Some(client) = self.client else {
            return;
        };
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&client);
            }
        }
    }
}

fn lock(counts: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn each_client_has_so_many_people_on_their_way() {
        let arrivals = Arrivals::default();
        let client = Some(Ipv4Addr::new(192, 0, 2, 1).into());
        let begun: Vec<Arrival> = (0..MAX_PER_CLIENT)
            .map(|_| arrivals.begin(client).expect("there is space"))
            .collect();
        assert!(arrivals.begin(client).is_none());
        let other = Some(Ipv4Addr::new(192, 0, 2, 2).into());
        assert!(arrivals.begin(other).is_some());
        // A proxy that names no client stands for many.
        let uncounted: Vec<_> = (0..=MAX_PER_CLIENT).map(|_| arrivals.begin(None)).collect();
        assert!(uncounted.iter().all(Option::is_some));
        drop(begun);
        assert!(arrivals.begin(client).is_some());
        assert!(lock(&arrivals.0).is_empty());
    }
}
