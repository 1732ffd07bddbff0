//! Hosts and guests: who waits, who decides, and what the server holds against a changed page.

use crate::house::House;
use crate::isolated::isolated;
use crate::support::text;
use serde_json::json;

#[test]
fn guests_wait_until_the_host_comes() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let host_url = house.host_url();
        let guest = house.knock(house.url(), "Grace");
        guest.wait_for_state("waiting");
        let host = house.join(&host_url, "Ada");
        let address = host.run("return location.href", json!([]));
        assert_eq!(address, house.url(), "the secret stays in the address bar");
        guest.wait_for_state("in");
        host.wait_for_pictures(1);
        guest.wait_for_pictures(1);
        assert_eq!(
            guest.run("return document.querySelector('#end').hidden", json!([])),
            true
        );
        host.assert_clean();
        guest.assert_clean();
    });
}

#[test]
fn a_host_lets_in_turns_away_mutes_removes_and_ends() {
    isolated(|| {
        let house = House::new(&json!({"skip_approval_on_join": false}), "");
        let host = house.join(&house.host_url(), "Ada");
        let grace = house.knock(house.url(), "גרייס");
        grace.wait_for_state("waiting");
        host.wait_for("document.querySelector('#knocking [data-action=admit]') !== null");
        host.wait_for_text("#knocking", "\u{2068}גרייס\u{2069} wants to join.");
        host.click("#knocking [data-action=admit]");
        host.wait_for_text("#notices", "\u{2068}גרייס\u{2069} has joined.");
        grace.wait_for_state("in");
        let mallory = house.knock(house.url(), "Mallory");
        host.wait_for("document.querySelector('#knocking [data-action=turn-away]') !== null");
        host.click("#knocking [data-action=turn-away]");
        mallory.wait_for_state("turned-away");
        host.wait_for_pictures(1);
        host.click("#people-open");
        host.wait_for("document.querySelector('#people-list [data-action=mute]:enabled') !== null");
        host.click("#people-list [data-action=mute]");
        grace.wait_for("document.querySelector('#toggle-microphone').ariaPressed === 'false'");
        host.click("#people-list [data-action=remove]");
        grace.wait_for_state("removed");
        let edsger = house.knock(house.url(), "Edsger");
        host.wait_for("document.querySelector('#knocking [data-action=admit]') !== null");
        host.click("#knocking [data-action=admit]");
        edsger.wait_for_state("in");
        host.click("#end");
        host.wait_for("document.querySelector('#end-dialog').open");
        host.click("#end-confirm");
        host.wait_for_state("ended");
        edsger.wait_for_state("ended");
        edsger.click("#stars [data-stars='4']");
        edsger.wait_for("document.querySelector('#rating-thanks').textContent !== ''");
        let room = house.server.get(&format!("{}?fields=rating", house.path()));
        assert_eq!(room.json()["rating"]["stars"], json!([0, 0, 0, 1, 0]));
        for person in [&host, &grace, &mallory, &edsger] {
            person.assert_clean();
        }
    });
}

#[test]
fn a_rotated_host_link_opens_nothing() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let host_url = house.host_url();
        let rotated = house.server.delete(&format!("{}/host-link", house.path()));
        assert_eq!(rotated.status, 204);
        let late = house.knock(&host_url, "Mallory");
        late.wait_for("document.querySelector('#join-trouble').textContent !== ''");
        assert_eq!(
            late.run("return document.body.dataset.state", json!([])),
            "join"
        );
        house.join(&house.host_url(), "Ada");
    });
}

#[test]
fn a_person_who_cannot_come_in_is_told_why() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let page = house.open(house.url());
        page.type_into("#name", "Grace");
        for (status, code, words) in [
            (403, 56, "The address of this page"),
            (429, 94, "too many attempts"),
            (503, 95, "no place for more meetings"),
            (429, 98, "people of this network"),
        ] {
            let answer = "const [status, code] = arguments;
                window.fetch = async () => new Response(JSON.stringify({code}), {status});";
            page.run(answer, json!([status, code]));
            page.click("#join");
            page.wait_for_text("#join-trouble", words);
            page.wait_for("!document.querySelector('#join').disabled");
        }
    });
}

#[test]
fn a_page_without_web_sockets_says_so() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let page = house.open(house.url());
        // Sockets fail as behind a proxy that answers in the server's place.
        let broken = "window.WebSocket = class extends EventTarget {
                constructor() {
                    super();
                    const closed = new CloseEvent('close', {code: 1006});
                    setTimeout(() => this.dispatchEvent(closed));
                }
                close() {}
            };";
        page.run(broken, json!([]));
        page.type_into("#name", "Grace");
        page.click("#join");
        page.wait_for_text(
            "#join-trouble",
            "No connection to the meeting could be opened",
        );
        page.wait_for_state("join");
        let later = "const now = performance.now.bind(performance);
            performance.now = () => now() + 60000;";
        page.run(later, json!([]));
        page.wait_for_state("error");
        page.wait_for_text("#after-text", "web sockets");
    });
}

#[test]
fn what_is_switched_off_is_off_for_a_changed_page_too() {
    isolated(|| {
        let options = json!({
            "chat": {"offMessageModule": true}, "allow_reactions": false,
            "allow_users_stream_self_cam_mic": false,
        });
        let house = House::new(&options, "");
        let grace = house.join(house.url(), "Grace");
        let hidden = "return ['#chat-open', '#reactions', '#toggle-camera']
            .every(selector => document.querySelector(selector).checkVisibility() === false)";
        grace.wait_for(&hidden.replace("return ", ""));
        let mallory = house.join(house.url(), "Mallory");
        mallory.join_by_script("changed");
        mallory.wait_for_answer("changed", &json!({"type": "joined"}));
        let sdp = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendrecv\r\n";
        for (message, code) in [
            (
                json!({"type": "chat", "to": null, "text": "psst"}),
                "chat_off",
            ),
            (json!({"type": "reaction", "reaction": "👍"}), "not_allowed"),
            (json!({"type": "end"}), "not_allowed"),
            (json!({"type": "remove", "id": "p1"}), "not_allowed"),
            (
                json!({"type": "signal", "to": "p1",
                    "data": {"description": {"type": "offer", "sdp": sdp}}}),
                "media_off",
            ),
        ] {
            mallory.send_by_script("changed", &message);
            mallory.wait_for_answer("changed", &json!({"type": "error", "code": code}));
        }
        let log = "return document.querySelector('#chat-log').textContent";
        assert_eq!(grace.run(log, json!([])), "");
        assert_eq!(
            grace.run(
                "return document.querySelectorAll('#grid li').length",
                json!([])
            ),
            3
        );
    });
}

#[test]
fn a_deleted_room_ends_its_meeting() {
    isolated(|| {
        let house = House::new(&json!({"return_url": "https://example.com/after"}), "");
        let ada = house.join(house.url(), "Ada");
        assert_eq!(house.server.delete(&house.path()).status, 204);
        ada.wait_for_state("ended");
        ada.wait_for_text("#return", "");
        let target = ada.run("return document.querySelector('#return').href", json!([]));
        assert_eq!(target, text(&house.room["ui_options"], "return_url"));
    });
}
