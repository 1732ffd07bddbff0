//! Media over a TURN server, with the credentials that the server signs.

use crate::house::House;
use crate::isolated::{REQUIRED, isolated};
use crate::support::{Process, skip};
use serde_json::json;
use std::net::UdpSocket;
use std::process::Command;

/// Lets a test close the web socket of a page, and see which credentials its connections take later.
const WATCH: &str = "
    window.watched = {socket: null, taken: []};
    window.WebSocket = class extends WebSocket {
        constructor(url) {
            super(url);
            watched.socket = this;
        }
    };
    const {setConfiguration} = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setConfiguration = function (configuration) {
        setConfiguration.call(this, configuration);
        watched.taken.push(configuration.iceServers[0].credential);
    };";

#[test]
fn media_flow_over_a_turn_server() {
    isolated(|| {
        if Command::new("turnserver")
            .arg("--version")
            .output()
            .is_err()
        {
            return skip(REQUIRED, "there is no turnserver (coturn)");
        }
        // In a network of its own no other process takes the port.
        let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.expect("a port").port();
        let coturn = Process::spawn(Command::new("turnserver").args([
            "--no-cli",
            "--no-tls",
            "--no-dtls",
            "--log-file=stdout",
            "--simple-log",
            "--pidfile=/dev/null",
            "--listening-ip=127.0.0.1",
            "--relay-ip=127.0.0.1",
            "--allow-loopback-peers",
            "--use-auth-secret",
            "--static-auth-secret=a shared secret",
            "--realm=roomd",
            &format!("--listening-port={port}"),
        ]));
        let settings = format!(
            "[meeting.builtin]\nice_servers = [\"turn:127.0.0.1:{port}?transport=udp\"]\n\
             turn_secret = \"a shared secret\"\n"
        );
        let house = House::new(&json!({}), &settings);
        let url = format!("{}?relay=1", house.url());
        let people = ["Ada", "Grace"].map(|name| {
            let person = house.open(&url);
            person.run(WATCH, json!([]));
            person.type_into("#name", name);
            person.click("#join");
            person.wait_for_state("in");
            person
        });
        for person in &people {
            person.wait_for_pictures(1);
            person.wait_for_sound(1);
            person.wait_for(
                "roomd.statistics().then((all) => {
                    const [reports] = Object.values(all);
                    const used = reports.find(report => report.type === 'candidate-pair' && report.nominated);
                    return reports.find(report => report.id === used.localCandidateId).candidateType === 'relay';
                })",
            );
        }
        // A person who comes back gets new credentials, also for the connections that run.
        let [ada, grace] = &people;
        ada.run("watched.socket.close()", json!([]));
        ada.wait_for("watched.taken.length === 1 && watched.taken[0].length === 28");
        ada.wait_for("document.querySelector('#connection').hidden");
        grace.wait_for_pictures(1);
        grace.write("still there?");
        ada.click("#chat-open");
        ada.wait_for_text("#chat-log", "still there?");
        ada.assert_clean();
        drop(coturn);
    });
}
