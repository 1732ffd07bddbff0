use crate::plan::RequestPlan;
use numbering::digits;

/// Stands for the number in the text of a request.
const MARK: &[u8] = b"########";

/// Prepared requests: only the number is written for each.
pub(crate) struct Requests {
    kinds: Vec<Kind>,
    shares: u32,
}

struct Kind {
    bytes: Vec<u8>,
    places: Vec<usize>,
    first: u64,
    count: u64,
    once: bool,
    sent: u64,
    share: u32,
    status: u16,
}

impl Requests {
    pub(crate) fn new(plans: &[RequestPlan]) -> Self {
        Self {
            kinds: plans.iter().map(Kind::new).collect(),
            shares: plans.iter().map(|plan| plan.share).sum(),
        }
    }

    /// Writes the next request into the buffer and returns the expected status. None if all
    /// requests of a kind were sent.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> Option<u16> {
        let kind = self.draw();
        let bytes = kind.next()?;
        buffer.clear();
        buffer.extend_from_slice(bytes);
        Some(kind.status)
    }

    /// Returns how many requests of each kind were prepared.
    pub(crate) fn sent(&self) -> Vec<u64> {
        self.kinds.iter().map(|kind| kind.sent).collect()
    }

    fn draw(&mut self) -> &mut Kind {
        let mut ticket = fastrand::u32(0..self.shares);
        let drawn = self.kinds.iter_mut().find(|kind| {
            let wins = ticket < kind.share;
            ticket = ticket.saturating_sub(kind.share);
            wins
        });
        drawn.expect("the shares add up")
    }
}

impl Kind {
    fn new(plan: &RequestPlan) -> Self {
        let bytes = plan.text.clone().into_bytes();
        let windows = bytes.windows(MARK.len()).enumerate();
        Self {
            places: windows
                .filter(|(_, window)| *window == MARK)
                .map(|(place, _)| place)
                .collect(),
            bytes,
            first: plan.first,
            count: plan.count,
            once: plan.once,
            sent: 0,
            share: plan.share,
            status: plan.status,
        }
    }

    fn next(&mut self) -> Option<&[u8]> {
        let offset = if self.once {
            (self.sent < self.count).then_some(self.sent)?
        } else {
            fastrand::u64(0..self.count)
        };
        self.sent += 1;
        let digits = digits(self.first + offset);
        for place in &self.places {
            self.bytes[*place..place + MARK.len()].copy_from_slice(digits.as_bytes());
        }
        Some(&self.bytes)
    }
}
