use super::{Jitsi, JitsiTokens};
use crate::model::JitsiGuests;

impl Jitsi {
    /// Returns what an operator should know about the server, in sentences: what roomd cannot see, and
    /// what makes everybody a moderator.
    pub(super) fn advice(&self) -> Vec<String> {
        match &self.tokens {
            Some(tokens) => with_tokens(tokens),
            None => vec![
                "without meeting.jitsi.app_id, Jitsi does not learn who is host: the first person in a \
                 room is moderator, or whoever logs in there, and whoever knows the address of a meeting \
                 enters it without roomd"
                    .to_owned(),
            ],
        }
    }
}

fn with_tokens(tokens: &JitsiTokens) -> Vec<String> {
    let domain = &tokens.domain;
    let mut advice = vec![
        format!(
            "Jitsi makes everybody with a token a moderator, unless Prosody has \"token_affiliation\" in \
             modules_enabled of the component \"conference.{domain}\" (docker-jitsi-meet: \
             XMPP_MUC_MODULES=token_affiliation)"
        ),
        "Jicofo makes the first person a moderator, unless jicofo.conf has \
         conference.enable-auto-owner = false (docker-jitsi-meet: ENABLE_AUTO_OWNER=0), and everybody \
         with a token, if it has authentication.enabled = true (docker-jitsi-meet: JICOFO_ENABLE_AUTH=0)"
            .to_owned(),
        format!(
            "a token opens every room of Jitsi, unless Prosody has \"token_verification\" in \
             modules_enabled of the component \"conference.{domain}\" (docker-jitsi-meet has it with \
             AUTH_TYPE=jwt)"
        ),
    ];
    advice.push(match tokens.guests {
        JitsiGuests::Anonymous => {
            "guests come without a token, which Jitsi refuses, unless Prosody has \
             allow_empty_token = true (docker-jitsi-meet: JWT_ALLOW_EMPTY=1) or a domain for guests \
             (docker-jitsi-meet: ENABLE_GUESTS=1)"
                .to_owned()
        }
        JitsiGuests::Token => {
            "guests come with a token, so let Jitsi refuse who has none: allow_empty_token = false \
             (docker-jitsi-meet: JWT_ALLOW_EMPTY=0, ENABLE_GUESTS=0)"
                .to_owned()
        }
    });
    advice
}
