//! Jitsi Meet: everything is said by the URL, and by a token in it.

mod advice;
mod fragment;
mod wishes;

use self::fragment::Fragment;
use super::jwt::{SigningKey, add_times};
use super::{Deadline, Entry, Finding, Outbound, TIMEOUT, Visit};
use crate::model::{Guid, JitsiGuests, ServerUrl};
use serde_json::{Map, Value, json};

/// What moderators may do by default (`jitsi_default_permissions` in `mod_jitsi_permissions.lua`) apart
/// from recording. Features in a token replace that list.
const OTHER_FEATURES: &[&str] = &[
    "create-polls",
    "flip",
    "live-translation",
    "outbound-call",
    "send-groupchat",
    "send-private-message",
];

/// The features that keep what is said: recordings on the server, a broadcast, a transcript.
const RECORDING_FEATURES: &[&str] = &["livestreaming", "recording", "transcription"];

/// A server of Jitsi Meet.
#[derive(Debug)]
pub(crate) struct Jitsi {
    /// The URL that the names of rooms are put behind.
    pub(crate) url: ServerUrl,
    /// How tokens are made; None: there are none.
    pub(crate) tokens: Option<JitsiTokens>,
}

/// How tokens for Jitsi Meet are made.
#[derive(Debug)]
pub(crate) struct JitsiTokens {
    /// The key that signs.
    pub(crate) key: SigningKey,
    /// The id of the application, the issuer of the tokens.
    pub(crate) app_id: String,
    /// The audience of the tokens.
    pub(crate) audience: String,
    /// The domain of the rooms, the subject of the tokens.
    pub(crate) domain: String,
    /// What guests get.
    pub(crate) guests: JitsiGuests,
}

impl Jitsi {
    /// Returns whether the server answers, and what operators should know about it.
    pub(super) fn check(&self) -> Vec<Finding> {
        let advice = self.advice().into_iter().map(Finding::Fine);
        [self.reach()].into_iter().chain(advice).collect()
    }

    /// Asks the server for its first page, as a browser would.
    fn reach(&self) -> Finding {
        let url = &self.url;
        let deadline = Deadline::within(TIMEOUT);
        match Outbound::new().get(url.as_str(), deadline) {
            Ok(answer) if answer.status < 400 => Finding::Fine(format!("{url} answers")),
            Ok(answer) => Finding::Wrong(format!(
                "{url} answers with the status {}: is that the URL of Jitsi Meet?",
                answer.status
            )),
            Err(error) => Finding::Wrong(format!("{url}: {error}")),
        }
    }

    /// Returns where a person is sent. Token, name and wishes are behind the `#`, which browsers send
    /// to no server and which is in no log.
    pub(super) fn enter(&self, visit: &Visit) -> Entry {
        let mut fragment = Fragment::default();
        let tokens = self.tokens.as_ref();
        match tokens.and_then(|tokens| tokens.sign(visit)) {
            Some(token) => fragment.add("jwt", &token.into()),
            None => fragment.add("userInfo.displayName", &visit.name.as_str().into()),
        }
        for (key, value) in wishes::of(visit) {
            fragment.add(key, &value);
        }
        let (url, room) = (&self.url, room(visit));
        let lang = wishes::language(visit.room.lang.as_str());
        Entry::Url(format!("{url}/{room}?lang={lang}#{fragment}"))
    }
}

impl JitsiTokens {
    /// Returns the token of a person; None for a guest who comes without one.
    fn sign(&self, visit: &Visit) -> Option<String> {
        if !visit.is_host() && self.guests == JitsiGuests::Anonymous {
            return None;
        }
        let mut claims = Map::new();
        claims.insert("iss".into(), self.app_id.as_str().into());
        // A text: the server compares a list as one value.
        claims.insert("aud".into(), self.audience.as_str().into());
        claims.insert("sub".into(), self.domain.as_str().into());
        claims.insert("room".into(), room(visit).into());
        claims.insert("context".into(), context(visit));
        if visit.is_host() {
            // For the module `token_moderation`, which is not of Jitsi but widely used.
            claims.insert("moderator".into(), true.into());
        }
        add_times(&mut claims, visit.now);
        Some(self.key.sign(&claims))
    }
}

/// Returns the name of the room on the server: the random end of its slug, in lower case as the server
/// wants it. The readable part changes when the room is renamed, which must not split a meeting.
fn room(visit: &Visit) -> &str {
    visit.room.slug_token.as_str()
}

/// Returns who the person is and what they may do.
fn context(visit: &Visit) -> Value {
    // A new id each time, so that nobody is recognized by it. The owner's e-mail address, by which Jitsi
    // would show an avatar, is for nobody else in the meeting.
    let mut user = json!({
        "id": Guid::generate().to_string(),
        "name": visit.name,
        "affiliation": if visit.is_host() { "owner" } else { "member" },
    });
    if visit.is_host() {
        // A text, because `mod_presence_identity` takes nothing else, and `mod_token_affiliation` both.
        user["moderator"] = "true".into();
    }
    let mut context = json!({"user": user});
    // Without features, the server gives moderators what its operator decided. To take some away, all
    // others have to be listed.
    if !visit.room.allow_recording {
        let mut features = Map::new();
        for name in RECORDING_FEATURES {
            features.insert((*name).into(), false.into());
        }
        // Guests lose nothing by what is missing here: without features they have none of these either.
        for name in OTHER_FEATURES.iter().filter(|_| visit.is_host()) {
            features.insert((*name).into(), true.into());
        }
        context["features"] = features.into();
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::handoff::testing::{NOW, assert_that_the_table_is_true, visit, visits};
    use crate::meeting::options::Column;
    use crate::meeting::role::Role;
    use crate::model::TokenAlgorithm;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use url::Url;

    fn jitsi(guests: Option<JitsiGuests>) -> Jitsi {
        let secret = "north".parse().expect("a secret");
        Jitsi {
            url: "https://meet.example/tenant".parse().expect("a URL"),
            tokens: guests.map(|guests| JitsiTokens {
                key: SigningKey::from_secret(TokenAlgorithm::Hs256, &secret, None),
                app_id: "roomd".into(),
                audience: "jitsi".into(),
                domain: "meet.example".into(),
                guests,
            }),
        }
    }

    /// Returns what is behind the `#`, and the claims of the token in it.
    fn entered(server: &Jitsi, visit: &Visit) -> (BTreeMap<String, Value>, Value) {
        let Entry::Url(text) = server.enter(visit) else {
            panic!("no URL");
        };
        let url = Url::parse(&text).expect("a URL");
        assert_eq!(url.as_str(), text);
        assert_eq!(url.host_str(), Some("meet.example"));
        assert_eq!(url.path(), "/tenant/k3p9x0ab1z");
        let fragment = url.fragment().expect("a fragment").split('&');
        let values = fragment.map(|part| {
            let (key, value) = part.split_once('=').expect("a value");
            let value = percent_decode_str(value).decode_utf8().expect("UTF-8");
            let value = serde_json::from_str(&value).expect("JSON");
            (key.to_owned(), value)
        });
        let mut values: BTreeMap<String, Value> = values.collect();
        let claims = values.remove("jwt").map_or(Value::Null, |token| {
            let payload = token.as_str().and_then(|token| token.split('.').nth(1));
            let payload = URL_SAFE_NO_PAD.decode(payload.expect("a payload"));
            serde_json::from_slice(&payload.expect("base64url")).expect("JSON")
        });
        (values, claims)
    }

    /// Returns the claims without the id, which is new each time.
    fn without_id(mut claims: Value) -> Value {
        if let Some(user) = claims.pointer_mut("/context/user") {
            let id = user.as_object_mut().and_then(|user| user.remove("id"));
            assert!(id.is_some(), "{user}");
        }
        claims
    }

    #[test]
    fn a_host_has_the_claims_that_the_modules_of_jitsi_read() {
        let server = jitsi(Some(JitsiGuests::Anonymous));
        let mut visit = visit(Role::Host, &json!({}));
        let (values, claims) = entered(&server, &visit);
        let now = NOW.as_unix();
        let mut expected = json!({
            "iss": "roomd", "aud": "jitsi", "sub": "meet.example", "room": "k3p9x0ab1z",
            "iat": now, "nbf": now - 60, "exp": now + 300, "moderator": true,
            "context": {"user": {"name": "Grace", "moderator": "true", "affiliation": "owner"}},
        });
        assert_eq!(without_id(claims.clone()), expected);
        assert_eq!(values["config.subject"], "Physics");
        assert!(!values.contains_key("userInfo.displayName"));
        let again = entered(&server, &visit).1;
        assert_ne!(
            again["context"]["user"]["id"],
            claims["context"]["user"]["id"]
        );
        visit.room.allow_recording = false;
        expected["context"]["features"] = json!({
            "recording": false, "livestreaming": false, "transcription": false,
            "create-polls": true, "flip": true, "live-translation": true, "outbound-call": true,
            "send-groupchat": true, "send-private-message": true,
        });
        assert_eq!(without_id(entered(&server, &visit).1), expected);
    }

    #[test]
    fn a_guest_has_no_token_or_one_of_a_member() {
        let mut visit = visit(Role::Guest, &json!({}));
        for guests in [None, Some(JitsiGuests::Anonymous)] {
            let (values, claims) = entered(&jitsi(guests), &visit);
            assert_eq!(claims, Value::Null);
            assert_eq!(values["userInfo.displayName"], "Grace");
        }
        let server = jitsi(Some(JitsiGuests::Token));
        let (values, claims) = entered(&server, &visit);
        assert!(!values.contains_key("userInfo.displayName"));
        assert_eq!(claims.get("moderator"), None);
        let user = json!({"user": {"name": "Grace", "affiliation": "member"}});
        assert_eq!(without_id(claims)["context"], user);
        visit.room.allow_recording = false;
        let features = json!({"recording": false, "livestreaming": false, "transcription": false});
        assert_eq!(entered(&server, &visit).1["context"]["features"], features);
    }

    #[test]
    fn a_new_name_of_the_room_splits_no_meeting() {
        let server = jitsi(Some(JitsiGuests::Token));
        let mut visit = visit(Role::Guest, &json!({}));
        let before = entered(&server, &visit).1["room"].clone();
        visit.room.name = crate::model::RoomName::from_stored("Chemistry".into());
        assert_eq!(entered(&server, &visit).1["room"], before);
    }

    #[test]
    fn the_table_says_which_options_act() {
        for (column, guests) in [
            (Column::Jitsi, None),
            (Column::JitsiWithTokens, Some(JitsiGuests::Anonymous)),
            (Column::JitsiWithTokens, Some(JitsiGuests::Token)),
        ] {
            let server = jitsi(guests);
            assert_that_the_table_is_true(column, |visit| {
                let (values, claims) = entered(&server, visit);
                format!("{values:?} {}", without_id(claims))
            });
        }
    }

    #[test]
    fn an_operator_is_told_what_makes_everybody_a_moderator() {
        assert!(jitsi(None).advice()[0].contains("app_id"));
        for (guests, word) in [
            (JitsiGuests::Anonymous, "allow_empty_token = true"),
            (JitsiGuests::Token, "allow_empty_token = false"),
        ] {
            let advice = jitsi(Some(guests)).advice();
            assert_eq!(advice.len(), 4);
            let advice = advice.join("\n");
            for word in [
                word,
                "\"token_affiliation\"",
                "\"token_verification\"",
                "conference.meet.example",
                "enable-auto-owner = false",
                "ENABLE_AUTO_OWNER=0",
            ] {
                assert!(advice.contains(word), "{word}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_name_stays_in_its_place_and_guests_are_no_moderators(visit in visits()) {
            for guests in [None, Some(JitsiGuests::Anonymous), Some(JitsiGuests::Token)] {
                let (values, claims) = entered(&jitsi(guests), &visit);
                prop_assert_eq!(&values["config.subject"], visit.room.name.as_str());
                let has_token = match guests {
                    None => false,
                    Some(JitsiGuests::Anonymous) => visit.is_host(),
                    Some(JitsiGuests::Token) => true,
                };
                if has_token {
                    prop_assert_eq!(&claims["context"]["user"]["name"], visit.name.as_str());
                    prop_assert_eq!(&claims["room"], visit.room.slug_token.as_str());
                } else {
                    prop_assert_eq!(&claims, &Value::Null);
                    prop_assert_eq!(&values["userInfo.displayName"], visit.name.as_str());
                }
                if !visit.is_host() {
                    prop_assert_eq!(claims.get("moderator"), None);
                    let user = claims.pointer("/context/user").cloned().unwrap_or_default();
                    prop_assert!(user.get("moderator").is_none());
                    prop_assert_ne!(user.get("affiliation"), Some(&json!("owner")));
                    let features = claims.pointer("/context/features");
                    let features = features.and_then(Value::as_object);
                    let grants = |features: &Map<String, Value>| {
                        features.values().any(|feature| feature != false)
                    };
                    prop_assert!(!features.is_some_and(grants));
                }
                let all = format!("{values:?} {claims}");
                prop_assert!(!all.contains("owner.example"));
            }
        }
    }
}
