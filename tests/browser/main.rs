//! Meetings in real browsers, which see, hear and write to each other.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod house;
mod isolated;
mod janus;
mod livekit;
mod looks;
mod relay;
mod roles;
mod webdriver;

use house::House;
use isolated::isolated;
use serde_json::json;
use std::process::Command;

#[test]
fn two_people_see_hear_and_write_to_each_other() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let ada = house.join(house.url(), "Ada <b>L</b>");
        let grace = house.join(house.url(), "Grace");
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
        grace.click("#toggle-screen");
        ada.wait_for("document.querySelectorAll('#grid li[data-kind=screen] video').length === 1");
        ada.wait_for_pictures(2);
        grace.click("#leave");
        grace.wait_for_state("ended");
        ada.wait_for("document.querySelectorAll('#grid li:not(.own)').length === 0");
        ada.assert_clean();
        grace.assert_clean();
    });
}

#[test]
fn three_people_see_and_hear_each_other() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let people = ["Ada", "Grace", "Edsger"].map(|name| house.join(house.url(), name));
        for person in &people {
            person.wait_for_pictures(2);
            person.wait_for_sound(2);
        }
        people.iter().for_each(|person| person.assert_clean());
    });
}

#[test]
fn a_network_that_is_lost_for_five_seconds_heals() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let people = ["Ada", "Grace"].map(|name| house.join(house.url(), name));
        people.iter().for_each(|person| person.wait_for_pictures(1));
        let cut = "ip link set lo down; sleep 5; ip link set lo up";
        let cut = Command::new("sh").args(["-c", cut]).status();
        assert!(cut.expect("a shell").success());
        for person in &people {
            person.wait_for("document.querySelector('#connection').hidden");
            person.wait_for_pictures(1);
            person.wait_for_sound(1);
        }
        people[0].write("are you there?");
        people[1].click("#chat-open");
        people[1].wait_for_text("#chat-log", "are you there?");
        let left = "return document.querySelectorAll('#grid li').length";
        assert_eq!(people[0].run(left, json!([])), 2);
    });
}

/// A server that is stopped says so to the pages; one that is killed only lets the connections end.
#[test]
fn a_restart_of_the_server_lets_everybody_in_again() {
    isolated(|| {
        let mut house = House::new(&json!({}), "");
        let people = ["Ada", "Grace"].map(|name| house.join(house.url(), name));
        people.iter().for_each(|person| person.wait_for_pictures(1));
        for signal in ["TERM", "KILL"] {
            let mark =
                "document.querySelectorAll('#grid li').forEach(tile => tile.dataset.old = '')";
            for person in &people {
                person.run(mark, json!([]));
                person.write(&format!("before {signal}"));
            }
            house = house.restart(signal);
            for person in &people {
                person.wait_for(
                    "document.querySelectorAll('#grid li:not([data-old])').length === 2 &&
                        document.querySelectorAll('#grid li').length === 2",
                );
                person.wait_for_state("in");
                person.wait_for("document.querySelector('#connection').hidden");
                person.wait_for_pictures(1);
                person.wait_for_sound(1);
            }
            // A new meeting counts messages from the start, and they are shown all the same.
            people[0].write(&format!("after {signal}"));
            people[1].wait_for_text("#chat-log", &format!("after {signal}"));
            people[1].wait_for_text("#chat-log", &format!("before {signal}"));
        }
    });
}

#[test]
fn the_person_for_whom_there_is_no_place_is_told() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let ada = house.join(house.url(), "Ada");
        for name in ["b", "c", "d", "e", "f"] {
            ada.join_by_script(name);
            ada.wait_for_answer(name, &json!({"type": "joined"}));
        }
        let seventh = house.knock(house.url(), "Grace");
        seventh.wait_for_state("full");
        seventh.wait_for_text("#after-text", "6");
        seventh.assert_clean();
    });
}
