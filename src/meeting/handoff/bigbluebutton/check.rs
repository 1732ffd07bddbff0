use super::answer::Reply;
use super::{BigBlueButton, Query};
use crate::meeting::handoff::{Deadline, HandoffError, TIMEOUT};
use crate::model::Checksum;

/// What the server says to a checksum.
enum Verdict {
    Accepted,
    Refused,
}

impl BigBlueButton {
    /// Asks the server whether it takes the secret, and which hash functions it takes. Returns whether
    /// people can be sent to it, with a sentence that says what was found and what to do.
    ///
    /// # Errors
    /// The sentence for what keeps people from being sent there.
    pub(crate) fn check(&self) -> Result<String, String> {
        let others = Checksum::ALL.into_iter().filter(|it| *it != self.checksum);
        let mut accepted = Vec::new();
        let mut is_set_accepted = false;
        for checksum in [self.checksum].into_iter().chain(others) {
            match self.judge(checksum) {
                Ok(Verdict::Accepted) => {
                    is_set_accepted |= checksum == self.checksum;
                    accepted.push(checksum.as_str());
                }
                Ok(Verdict::Refused) => {}
                // What keeps one call from being answered keeps all.
                Err(error) if checksum == self.checksum => return Err(self.advice(error)),
                Err(_) => {}
            }
        }
        let (url, set) = (self.api(), self.checksum.as_str());
        let names = accepted.join(", ");
        match accepted.first() {
            Some(_) if is_set_accepted => Ok(format!(
                "{url} takes the secret, and checksums by {names}; {set} is set"
            )),
            Some(other) => Err(format!(
                "{url} takes the secret, but no checksums by {set}, only by {names}: set \
                 meeting.bigbluebutton.checksum = \"{other}\""
            )),
            None => Err(format!(
                "{url} does not take the secret: set meeting.bigbluebutton.secret to the one that \
                 bbb-conf --secret prints on that server"
            )),
        }
    }

    /// Asks for something that changes nothing, with a checksum by this function.
    fn judge(&self, checksum: Checksum) -> Result<Verdict, HandoffError> {
        let url = self.signed("getMeetings", &Query::default(), checksum);
        match self.answer(&url, Deadline::within(TIMEOUT))? {
            Reply::Done(_) => Ok(Verdict::Accepted),
            Reply::Failed(failure) if failure.is_checksum_error() => Ok(Verdict::Refused),
            Reply::Failed(failure) => Err(failure.into()),
        }
    }

    /// Says what to do against an error.
    fn advice(&self, error: HandoffError) -> String {
        let url = self.api();
        match error {
            HandoffError::Unreachable(reason) if reason.contains("certificate") => format!(
                "{url} has a certificate that is not trusted ({reason}): let the server send a valid one \
                 with its whole chain, or add its authority to those of this system"
            ),
            HandoffError::Unreachable(reason) => format!(
                "{url} cannot be reached ({reason}): check meeting.bigbluebutton.url, and whether this \
                 machine may connect to it"
            ),
            HandoffError::TimedOut(seconds) => format!(
                "{url} does not answer within {seconds} seconds: check whether it runs, and whether a \
                 firewall keeps this machine from it"
            ),
            HandoffError::Malformed(reason) => format!(
                "{url} is not the API of BigBlueButton ({reason}): set meeting.bigbluebutton.url to the \
                 one that bbb-conf --secret prints, such as https://bbb.example.com/bigbluebutton/api"
            ),
            other => format!("{url}: {other}"),
        }
    }
}
