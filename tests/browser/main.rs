//! Meetings in real browsers, which see, hear and write to each other.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod house;
mod isolated;
mod webdriver;

use house::House;
use isolated::isolated;
use serde_json::json;

#[test]
fn two_people_see_hear_and_write_to_each_other() {
    isolated(|| {
        let house = House::new(&json!({}), "");
        let ada = house.join(house.url(), "Ada");
        let grace = house.join(house.url(), "Grace");
        ada.wait_for_pictures(1);
        grace.wait_for_pictures(1);
    });
}
