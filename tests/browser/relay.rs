//! Media over a TURN server, with the credentials that the server signs.

use crate::house::House;
use crate::isolated::{REQUIRED, isolated};
use crate::support::{Process, skip};
use serde_json::json;
use std::net::UdpSocket;
use std::process::Command;

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
        let people = ["Ada", "Grace"].map(|name| house.join(&url, name));
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
        drop(coturn);
    });
}
