//! A real meeting elsewhere: the link of a room leads to Janus, a meeting server that knows nothing of
//! roomd, by a template.

use crate::house::House;
use crate::isolated::{REQUIRED, isolated};
use crate::support::{Folder, Process, skip};
use crate::webdriver::Browser;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The example pages of Janus, as Debian installs them.
const PAGES: &str = "/usr/share/janus/demos";

/// The address of Janus for media.
const ADDRESS: &str = "10.0.0.1";

/// Janus, and a web server for its pages.
struct Janus {
    _server: Process,
    _pages: Process,
    _folder: Folder,
    api: String,
    pages: String,
}

impl Janus {
    fn start() -> Self {
        let folder = Folder::new();
        let port = free_port();
        folder.write(
            "janus.transport.http.jcfg",
            format!(
                "general: {{ http = true, port = {port}, ip = \"127.0.0.1\", https = false }}\n\
                 admin: {{ admin_http = false }}\n"
            ),
        );
        folder.write(
            "janus.plugin.videoroom.jcfg",
            "room-1234: { publishers = 6 }\n",
        );
        let transports = ["mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets"];
        let transports = transports.map(|name| format!("libjanus_{name}.so"));
        folder.write(
            "janus.jcfg",
            format!(
                "general: {{ log_to_stdout = true }}\n\
                 transports: {{ disable = \"{}\" }}\n\
                 events: {{ broadcast = false }}\n",
                transports.join(",")
            ),
        );
        add_interface();
        let server = Process::spawn(
            Command::new("janus")
                // It makes folders where it is started.
                .current_dir(folder.root())
                .arg("--disable-colors")
                .args(["--interface", ADDRESS, "--configs-folder"])
                .arg(folder.root()),
        );
        let is_ready = |line: &String| line.contains("HTTP webserver started");
        let mut lines = std::iter::from_fn(|| server.next_line());
        assert!(lines.any(|line| is_ready(&line)), "Janus does not start");
        let pages = Process::spawn(Command::new("python3").args([
            "-u",
            "-m",
            "http.server",
            "0",
            "--bind",
            "127.0.0.1",
            "--directory",
            PAGES,
        ]));
        let line = pages.next_line().expect("a line with the port");
        let url = line.split(['(', ')']).nth(1).expect(&line);
        Self {
            api: format!("http://127.0.0.1:{port}/janus"),
            pages: url.trim_end_matches('/').to_owned(),
            _server: server,
            _pages: pages,
            _folder: folder,
        }
    }
}

/// Adds an interface to the network of the test: Janus does not use that of loopback for media. It gets no
/// address by itself later, over which a browser would give up what it loads.
fn add_interface() {
    let commands = format!(
        "ip link add media type veth peer name other && ip addr add {ADDRESS}/24 dev media &&
         ip link set media addrgenmode none && ip link set other addrgenmode none &&
         ip link set media up && ip link set other up"
    );
    let added = Command::new("sh").args(["-c", &commands]).status();
    assert!(added.expect("a shell").success(), "no interface");
}

/// Returns a port that is free in the network of the test, where nothing else takes one.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Enters the meeting on the page of Janus, with the name that roomd put into its address.
fn enter(person: &Browser, janus: &Janus, role: &str) {
    person.wait_for(
        "location.pathname === '/videoroomtest.html' && document.readyState === 'complete'",
    );
    let query = "return Object.fromEntries(new URLSearchParams(location.search))";
    let query = person.run(query, json!([]));
    assert_eq!(query["role"], role, "{query}");
    // The page expects these names in its settings.
    let settings = "server = arguments[0]; window.token = undefined; window.apisecret = undefined;";
    person.run(settings, json!([janus.api]));
    person.click("#start");
    person.wait_for("document.querySelector('#username').offsetParent !== null");
    person.type_into("#username", query["name"].as_str().expect("a name"));
    person.click("#register");
}

#[test]
fn a_host_and_a_guest_meet_on_another_server() {
    isolated(|| {
        if !Path::new(PAGES).exists() {
            return skip(REQUIRED, "there is no Janus, or no example page of it");
        }
        let janus = Janus::start();
        let page = format!("{}/videoroomtest.html?room=1234", janus.pages);
        let settings = format!(
            "[meeting]\nserver = \"template\"\n[meeting.template]\nallow_http = true\n\
             host_url = \"{page}&name={{user_name}}&role=host&back={{return_url}}\"\n\
             guest_url = \"{page}&name={{user_name}}&role={{role}}&back={{return_url}}\"\n"
        );
        let house = House::new(&json!({}), &settings);
        let host_url = house.host_url();
        let guest = house.knock(house.url(), "Grace");
        guest.wait_for_state("waiting");
        let host = house.knock(&host_url, "Ada");
        enter(&host, &janus, "host");
        // Nobody touched the page of the guest.
        enter(&guest, &janus, "guest");
        for (person, other) in [(&host, "Grace"), (&guest, "Ada")] {
            person.wait_for(&format!(
                "[...document.querySelectorAll('#videoremote1 video')].some(video =>
                    video.videoWidth > 0 && video.currentTime > 0) &&
                    document.querySelector('#remote1').innerText === '{other}'"
            ));
        }
        let back = "return new URLSearchParams(location.search).get('back')";
        let back = guest.run(back, json!([]));
        guest.go(back.as_str().expect("an address"));
        guest.wait_for_state("ended");
        guest.click("[data-stars='4']");
        guest.wait_for_text("#rating-thanks", "Thank you.");
        let room = house.server.get(&format!("{}?fields=rating", house.path()));
        assert_eq!(room.json()["rating"]["stars"], json!([0, 0, 0, 1, 0]));
    });
}
