//! Every state of the page: nothing that axe-core finds, and a picture for those who look.

use crate::house::House;
use crate::isolated::{REQUIRED, isolated};
use crate::support::skip;
use crate::webdriver::Browser;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use std::env::var_os;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::spawn;

/// Checks the state that a page is in, at the sizes of a screen, a phone and the smallest phone.
struct Inspector {
    /// The program text of axe-core.
    axe: String,
    /// Where pictures are stored, if anywhere.
    pictures: Option<PathBuf>,
}

impl Inspector {
    #[expect(
        clippy::disallowed_methods,
        reason = "the tests have settings of their own"
    )]
    fn new() -> Option<Self> {
        let Some(axe) = var_os("ROOMD_AXE") else {
            skip(
                REQUIRED,
                "ROOMD_AXE names no file with axe-core (axe.min.js)",
            );
            return None;
        };
        Some(Self {
            axe: fs::read_to_string(axe).expect("axe-core"),
            pictures: var_os("ROOMD_PICTURES").map(PathBuf::from),
        })
    }

    fn inspect(&self, browser: &Browser, name: &str) {
        for (width, height) in [(1200, 800), (400, 800), (320, 568)] {
            browser.resize(width, height);
            let wide = "return document.documentElement.scrollWidth - innerWidth";
            let beyond = browser.run(wide, json!([])).as_i64().expect("a number");
            assert!(beyond <= 0, "{name}: {beyond} pixels beyond {width}");
            if let Some(folder) = &self.pictures {
                let picture = BASE64_STANDARD.decode(browser.screenshot());
                let file = folder.join(format!("{name}-{width}.png"));
                fs::write(file, picture.expect("base64")).expect("a folder for pictures");
            }
            let script = format!(
                "{}; return axe.run().then(results => results.violations.map(violation =>
                    violation.id + ': ' + violation.nodes.map(node => node.html).join(' ')))",
                self.axe
            );
            let found = browser.run(&script, json!([]));
            assert_eq!(found, json!([]), "{name} at {width}");
        }
        browser.assert_clean();
    }
}

#[test]
fn every_state_is_accessible_and_fits_a_phone() {
    isolated(|| {
        let Some(inspector) = Inspector::new() else {
            return;
        };
        let house = House::new(&json!({"skip_approval_on_join": false}), "");
        let host_url = house.host_url();
        let grace = house.open(house.url());
        inspector.inspect(&grace, "join");
        grace.type_into("#name", "Grace");
        grace.click("#join");
        grace.wait_for_state("waiting");
        inspector.inspect(&grace, "waiting-for-host");
        let host = house.join(&host_url, "أدا");
        host.wait_for("document.querySelector('#knocking [data-action=admit]') !== null");
        inspector.inspect(&grace, "waiting-for-approval");
        inspector.inspect(&host, "knocking");
        host.click("#knocking [data-action=admit]");
        grace.wait_for_state("in");
        grace.wait_for_pictures(1);
        inspector.inspect(&grace, "in");
        grace.write("hello");
        inspector.inspect(&grace, "chat");
        host.click("#people-open");
        inspector.inspect(&host, "people");
        host.click("#people-list [data-action=remove]");
        grace.wait_for_state("removed");
        inspector.inspect(&grace, "removed");
        host.click("#end");
        inspector.inspect(&host, "end");
        host.click("#end-confirm");
        host.wait_for_state("ended");
        inspector.inspect(&host, "ended");
        let missing = format!("{}xx", house.url());
        host.go(&missing);
        // The browser logs the status 404.
        assert_eq!(host.log().len(), 1);
        inspector.inspect(&host, "missing");
        let start = house.url().split("/groups").next().expect("an address");
        host.go(start);
        inspector.inspect(&host, "start");
    });
}

#[test]
fn the_way_to_another_server_is_accessible_and_fits_a_phone() {
    isolated(|| {
        let Some(inspector) = Inspector::new() else {
            return;
        };
        let (server, requests) = empty_server();
        let settings = format!(
            "[meeting]\nserver = \"template\"\n[meeting.template]\nallow_http = true\n\
             host_url = \"http://{server}/host\"\nguest_url = \"http://{server}/{{slug}}\"\n"
        );
        let house = House::new(&json!({}), &settings);
        let host_url = house.host_url();
        let guest = house.open(&format!("{}?errors=%5B%5D", house.url()));
        guest.wait_for_text("#join-trouble", "did not let you in");
        inspector.inspect(&guest, "enter");
        guest.type_into("#name", "Grace");
        guest.click("#join");
        guest.wait_for_state("waiting");
        inspector.inspect(&guest, "enter-waiting");
        let host = house.open(&host_url);
        host.type_into("#name", "Ada");
        host.run(
            "setTimeout(() => document.querySelector('#join').click())",
            json!([]),
        );
        // Chromedriver answers no script that waits while a page goes elsewhere.
        let is_guest = |request: &String| !request.starts_with("GET /host");
        assert!(requests.iter().any(|request| is_guest(&request)));
        guest.assert_state("opening");
        inspector.inspect(&guest, "enter-opening");
        let back = house.open(house.url());
        back.run(
            "sessionStorage.setItem('roomd-visit', arguments[0])",
            json!([json!({"rating": "x", "returnUrl": ""}).to_string()]),
        );
        back.go(&format!("{}?left", house.url()));
        back.wait_for_state("ended");
        inspector.inspect(&back, "enter-left");
    });
}

#[test]
fn the_way_to_another_server_can_be_left_and_taken_again() {
    isolated(|| {
        let settings = "[meeting]\nserver = \"template\"\n[meeting.template]\n\
            host_url = \"https://meet.example/\"\nguest_url = \"https://meet.example/\"\n";
        let house = House::new(&json!({}), settings);
        house.host_url();
        let guest = house.knock(house.url(), "Grace");
        guest.wait_for_state("waiting");
        // The page asks, and has no answer yet when the person stops waiting.
        guest.run(
            "const fetch = window.fetch;
             window.fetch = () => new Promise((_, reject) => {
                 window.fail = () => { window.fetch = fetch; reject(new TypeError()); };
             });",
            json!([]),
        );
        guest.wait_for("window.fail !== undefined");
        guest.click("#waiting-leave");
        guest.assert_state("join");
        guest.wait_for("document.querySelector('#join').disabled === false");
        guest.run("window.fail()", json!([]));
        guest.click("#join");
        guest.wait_for_state("waiting");
        guest.click("#waiting-leave");
        guest.wait_for("document.querySelector('#join-trouble').textContent === ''");
        guest.assert_state("join");
    });
}

/// Returns the address of a server that answers each request with nothing, at which a browser stays on the
/// page where it is, and the first lines of the requests.
fn empty_server() -> (SocketAddr, Receiver<String>) {
    let (send, requests) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    spawn(move || {
        for stream in listener.incoming().flatten() {
            let send = send.clone();
            // A browser opens connections ahead, on which it may never send a request.
            spawn(move || answer_with_nothing(stream, &send));
        }
    });
    (address, requests)
}

fn answer_with_nothing(mut stream: TcpStream, requests: &Sender<String>) {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    if reader.read_line(&mut line).is_ok_and(|read| read == 0) {
        return;
    }
    let request = line.clone();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    // The browser may have gone.
    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    let _ = requests.send(request);
}
