use crate::meeting::builtin::Hub;
use crate::model::WithoutHost;

/// The meetings of this server, and the settings that they follow.
#[derive(Debug)]
pub(crate) struct MeetingSettings {
    /// The meetings.
    pub(crate) hub: Hub,
    /// How many people can be in one.
    pub(crate) max_people: usize,
    /// Whether guests wait for a host.
    pub(crate) without_host: WithoutHost,
}
