//! Meetings on LiveKit, with LiveKit's own library in the page. In the place of its server is a small one, which
//! checks tokens as that does and relays what people send.

mod server;

use crate::house::House;
use crate::isolated::isolated;
use crate::support::text;
use crate::webdriver::Browser;
use serde_json::{Value, json};
use server::{KEY, LiveKit};

/// What is in the log of a page because the stand-in has only the older protocol.
const NEWER_PROTOCOL: &str = "/rtc/v1";

/// A house whose meetings take place on LiveKit.
struct Venue {
    livekit: LiveKit,
    /// Its browser is closed before that of the house ends all of them.
    _relay: Browser,
    house: House,
}

impl Venue {
    fn new(options: &Value) -> Self {
        let livekit = LiveKit::start();
        let house = House::new(options, &livekit.settings());
        let relay = house.browse(&livekit.page_url());
        relay.wait_for_state("ready");
        Self {
            livekit,
            _relay: relay,
            house,
        }
    }

    fn join_as_host(&self, name: &str) -> Browser {
        self.house.join(&self.house.host_url(), name)
    }

    fn join(&self, name: &str) -> Browser {
        self.house.join(self.house.url(), name)
    }
}

#[test]
fn people_see_hear_and_write_to_each_other_on_livekit() {
    isolated(|| {
        let venue = Venue::new(&json!({}));
        let ada = venue.join_as_host("Ada <b>L</b>");
        let grace = venue.join("Grace");
        for person in [&ada, &grace] {
            person.wait_for_pictures(1);
            person.wait_for_sound(1);
        }
        ada.write("<img src=x onerror=alert(1)> good morning");
        grace.click("#chat-open");
        grace.wait_for_text("#chat-log", "<img src=x onerror=alert(1)> good morning");
        grace.wait_for_text("#chat-log", "Ada <b>L</b>");
        grace.write("hello");
        ada.wait_for_text("#chat-log", "hello");
        grace.click("#hand");
        ada.wait_for("document.querySelector('#grid li.hand-up') !== null");
        grace.click("#reactions");
        grace.click("#reaction-menu button");
        ada.wait_for("document.querySelector('#grid .reaction') !== null");
        grace.click("#toggle-screen");
        ada.wait_for_pictures(2);
        grace.click("#toggle-microphone");
        ada.wait_for("document.querySelector('#grid li:not(.own)[data-kind=camera] .muted').hidden === false");
        // Who comes later is told of the hand.
        let edsger = venue.join("Edsger");
        edsger.wait_for_pictures(3);
        edsger.wait_for("document.querySelector('#grid li.hand-up') !== null");
        grace.click("#leave");
        grace.wait_for_state("ended");
        ada.wait_for("document.querySelectorAll('#grid li:not(.own)').length === 1");
        for person in [&ada, &grace, &edsger] {
            person.assert_clean_but(NEWER_PROTOCOL);
        }
    });
}

#[test]
fn a_token_is_for_the_room_and_the_role() {
    isolated(|| {
        let venue = Venue::new(&json!({"allow_users_stream_self_cam_mic": false}));
        let _ada = venue.join_as_host("Ada");
        let grace = venue.join("Grace");
        let hidden = "document.querySelector('#toggle-camera').checkVisibility() === false";
        grace.wait_for(hidden);
        let joins = venue.livekit.joins();
        let room = text(&venue.house.room, "room_guid");
        for (claims, name, publishes) in [(&joins[0], "Ada", true), (&joins[1], "Grace", false)] {
            assert_eq!(
                (&claims["iss"], &claims["name"]),
                (&json!(KEY), &json!(name))
            );
            let video = &claims["video"];
            assert_eq!(video["room"], room);
            assert_eq!(video["canPublish"], publishes);
            assert_eq!(video["canUpdateOwnMetadata"], false);
            assert!(video["roomCreate"].is_null() && video["roomAdmin"].is_null());
        }
        assert_ne!(joins[0]["sub"], joins[1]["sub"]);
    });
}

#[test]
fn guests_wait_for_a_host_who_lets_them_in_mutes_removes_and_ends() {
    isolated(|| {
        let venue = Venue::new(&json!({"skip_approval_on_join": false}));
        let (house, host_url) = (&venue.house, venue.house.host_url());
        let grace = house.knock(house.url(), "Grace");
        grace.wait_for_state("waiting");
        grace.wait_for_text("#waiting-reason", "Waiting for the host");
        let ada = house.join(&host_url, "Ada");
        grace.wait_for_text("#waiting-reason", "Waiting to be let in");
        ada.wait_for("document.querySelector('#knocking [data-action=admit]') !== null");
        ada.write("before Grace was let in");
        ada.click("#knocking [data-action=admit]");
        grace.wait_for_state("in");
        for person in [&ada, &grace] {
            person.wait_for_pictures(1);
            person.wait_for_sound(1);
        }
        ada.write("after it");
        grace.click("#chat-open");
        grace.wait_for_text("#chat-log", "after it");
        let log = grace.run(
            "return document.querySelector('#chat-log').innerText",
            json!([]),
        );
        assert!(!log.as_str().expect("a text").contains("before"), "{log}");
        let mallory = house.knock(house.url(), "Mallory");
        ada.wait_for("document.querySelector('#knocking [data-action=turn-away]') !== null");
        ada.click("#knocking [data-action=turn-away]");
        mallory.wait_for_state("turned-away");
        ada.click("#people-open");
        ada.wait_for("document.querySelector('#people-list [data-action=mute]:enabled') !== null");
        ada.click("#people-list [data-action=mute]");
        grace.wait_for("document.querySelector('#toggle-microphone').ariaPressed === 'false'");
        grace.wait_for_text("#notices", "switched your microphone off");
        ada.click("#people-list [data-action=remove]");
        grace.wait_for_state("removed");
        let edsger = house.knock(house.url(), "Edsger");
        ada.wait_for("document.querySelector('#knocking [data-action=admit]') !== null");
        ada.click("#knocking [data-action=admit]");
        edsger.wait_for_state("in");
        ada.click("#end");
        ada.wait_for("document.querySelector('#end-dialog').open");
        ada.click("#end-confirm");
        ada.wait_for_state("ended");
        edsger.wait_for_state("ended");
        edsger.click("#stars [data-stars='4']");
        edsger.wait_for("document.querySelector('#rating-thanks').textContent !== ''");
        let room = house.server.get(&format!("{}?fields=rating", house.path()));
        assert_eq!(room.json()["rating"]["stars"], json!([0, 0, 0, 1, 0]));
        for call in [
            "UpdateParticipant",
            "MutePublishedTrack",
            "RemoveParticipant",
            "DeleteRoom",
        ] {
            assert!(
                venue.livekit.calls().iter().any(|made| made == call),
                "{call}"
            );
        }
        for person in [&ada, &grace, &mallory, &edsger] {
            person.assert_clean_but(NEWER_PROTOCOL);
        }
    });
}

#[test]
fn a_host_on_livekit_whose_link_was_revoked_is_told_and_acts_no_more() {
    isolated(|| {
        let venue = Venue::new(&json!({}));
        let house = &venue.house;
        let ada = venue.join_as_host("Ada");
        let grace = venue.join("Grace");
        let revoked = house.server.delete(&format!("{}/host-link", house.path()));
        assert_eq!(revoked.status, 204);
        ada.click("#people-open");
        ada.wait_for("document.querySelector('#people-list [data-action=remove]') !== null");
        ada.click("#people-list [data-action=remove]");
        ada.wait_for_text("#notices", "no longer valid");
        let requests = "return performance.getEntriesByType('resource')
            .filter(({ name }) => name.endsWith('/host')).length";
        ada.click("#people-list [data-action=remove]");
        ada.wait_for(
            "[...document.querySelectorAll('#notices > *')]
                .filter((line) => line.innerText.includes('no longer valid')).length === 2",
        );
        assert_eq!(ada.run(requests, json!([])), 1);
        grace.assert_state("in");
    });
}

#[test]
fn options_take_away_what_livekit_can_take_away() {
    isolated(|| {
        let venue = Venue::new(&json!({
            "chat": {"offMessageModule": true}, "hide_user_streams": true,
            "enable_session_auto_finish": true, "session_duration": 5,
        }));
        let ada = venue.join_as_host("Ada");
        let grace = venue.join("Grace");
        let edsger = venue.join("Edsger");
        for guest in [&grace, &edsger] {
            guest.wait_for_pictures(1);
            guest.wait_for(
                "['#chat-open', '#reactions', '#hand']
                    .every(selector => document.querySelector(selector).checkVisibility() === false)",
            );
            guest.wait_for("document.querySelector('#time').innerText.includes(':')");
        }
        ada.wait_for_pictures(2);
        // Of three tiles, one is the own one, and of two others only that of the host has a picture.
        let pictures = "return [...document.querySelectorAll('#grid li:not(.own) video')]
            .filter(video => video.videoWidth > 0).length";
        assert_eq!(grace.run(pictures, json!([])), 1);
        for person in [&ada, &grace, &edsger] {
            person.assert_clean_but(NEWER_PROTOCOL);
        }
    });
}
