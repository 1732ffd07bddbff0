//! Whether a signal offers to send picture or sound. The signals of a page are texts for the page of
//! another person, which does what its browser makes of them, so every doubt counts as sending.

use serde_json::Value;

/// Returns whether a text anywhere in the data of a signal describes a session in which its sender
/// sends picture or sound.
pub(super) fn sends_media(data: &Value) -> bool {
    match data {
        Value::String(text) => text_sends_media(text),
        Value::Array(elements) => elements.iter().any(sends_media),
        Value::Object(members) => members.values().any(sends_media),
        _ => false,
    }
}

/// Browsers differ in whether a lone carriage return ends a line.
fn text_sends_media(text: &str) -> bool {
    let by_line_feed = text.split('\n').map(|line| line.trim_end_matches('\r'));
    lines_send_media(by_line_feed) || lines_send_media(text.split(['\r', '\n']))
}

/// Returns whether a section of the session description (RFC 8866) other than one for data has a
/// direction that sends. Without a direction of its own it has that of the session, else `sendrecv`.
/// Port 0 is no reason not to look: it also marks a section that shares the port of another.
fn lines_send_media<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let mut session_receives = false;
    let mut section: Option<bool> = None;
    for line in lines {
        if let Some(media) = line.strip_prefix("m=") {
            if section == Some(false) {
                return true;
            }
            let is_data = media.starts_with("application ");
            section = Some(is_data || session_receives);
            continue;
        }
        match (line, &mut section) {
            ("a=sendrecv" | "a=sendonly", Some(_)) => return true,
            ("a=sendrecv" | "a=sendonly", None) => session_receives = false,
            ("a=recvonly" | "a=inactive", Some(receives)) => *receives = true,
            ("a=recvonly" | "a=inactive", None) => session_receives = true,
            _ => {}
        }
    }
    section == Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const START: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

    fn sends(sections: &str) -> bool {
        let sdp = format!("{START}{sections}");
        sends_media(&json!({"description": {"type": "offer", "sdp": sdp}}))
    }

    #[test]
    fn a_section_sends_unless_it_says_that_it_does_not() {
        for (sections, expected) in [
            ("", false),
            ("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", true),
            ("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\n", true),
            ("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n", true),
            ("m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n", false),
            ("m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n", false),
            ("m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", true),
            (
                "m=audio 9 RTP 0\r\na=recvonly\r\nm=video 9 RTP 96\r\n",
                true,
            ),
            (
                "m=video 9 RTP 96\r\nm=audio 9 RTP 0\r\na=recvonly\r\n",
                true,
            ),
            ("a=recvonly\r\nm=video 9 RTP 96\r\n", false),
            ("a=recvonly\r\nm=video 9 RTP 96\r\na=sendonly\r\n", true),
            ("m=audio 9 RTP 0\na=recvonly\n", false),
            // What browsers may read in two ways counts as sending.
            ("m=audio 9 RTP 0\r\na=recvonly\r\na=sendrecv\r\n", true),
            ("m=audio 9 RTP 0\r\na=recvonly \r\n", true),
            ("m=audio 9 RTP 0\ra=recvonly\r\n", true),
            ("m=audio 9 RTP 0\r\na=recvonly\ra=sendrecv\r\n", true),
            ("m=image 9 RTP 0\r\n", true),
            (
                "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
                false,
            ),
        ] {
            assert_eq!(sends(sections), expected, "{sections:?}");
        }
    }

    #[test]
    fn the_description_may_be_anywhere() {
        let sdp = "m=video 9 RTP 96\r\n";
        for data in [json!(sdp), json!([[sdp]]), json!({"a": [{"b": sdp}]})] {
            assert!(sends_media(&data), "{data}");
        }
        let candidate = "candidate:1 1 udp 1 192.0.2.1 5000 typ host";
        for data in [
            json!(null),
            json!(1),
            json!({"candidate": {"candidate": candidate}}),
        ] {
            assert!(!sends_media(&data), "{data}");
        }
    }
}
