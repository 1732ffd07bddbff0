use crate::meeting::Column;
use crate::meeting::builtin::Hub;
use crate::meeting::handoff::{HandoffServer, Handoffs};
use crate::metrics::{Exposition, Source};
use crate::model::{Guid, MeetingServer, ServerUrl, WithoutHost};
use std::sync::Arc;

/// The meetings of this server, and the settings that they follow.
#[derive(Debug)]
pub(crate) struct MeetingSettings {
    /// The program that meetings take place on.
    pub(crate) server: MeetingServer,
    /// The meetings that take place here. Stars are given here wherever the meeting was.
    pub(crate) hub: Hub,
    /// The way to another program; None if there is none.
    pub(crate) handoffs: Option<Arc<Handoffs>>,
    /// How many people can be in a meeting here.
    pub(crate) max_people: usize,
    /// Whether guests wait for a host.
    pub(crate) without_host: WithoutHost,
}

impl MeetingSettings {
    /// Returns the column of the table of options; None without meetings.
    pub(crate) fn column(&self) -> Option<Column> {
        let handoff = self.handoffs.as_ref();
        match self.server {
            MeetingServer::Builtin => Some(Column::Builtin),
            _ => handoff.map(|handoffs| handoffs.server().column()),
        }
    }

    /// Returns the URL by which browsers reach LiveKit; None if meetings take place elsewhere.
    pub(crate) fn livekit_url(&self) -> Option<&ServerUrl> {
        match self.handoffs.as_ref()?.server() {
            HandoffServer::LiveKit(server) => Some(&server.url),
            _ => None,
        }
    }

    /// Does what is due on the meeting server, and never ends.
    pub(crate) async fn watch_server(&self) {
        match &self.handoffs {
            Some(handoffs) => handoffs.watch().await,
            None => std::future::pending().await,
        }
    }

    /// Ends the meeting of a room that was deleted, wherever it is.
    pub(crate) fn room_deleted(&self, room: Guid) {
        self.hub.room_deleted(room);
        if let Some(handoffs) = &self.handoffs {
            handoffs.room_deleted(room);
        }
    }
}

impl Source for MeetingSettings {
    fn add_to(&self, page: &mut Exposition) {
        self.hub.add_to(page);
        let name = "roomd_handoffs_total";
        let help =
            "People who wanted to enter a meeting on another server, by what became of them.";
        let family = page.counter(name, help);
        if let Some(handoffs) = &self.handoffs {
            handoffs.add_to(family);
        }
    }
}
