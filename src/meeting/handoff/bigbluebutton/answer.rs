//! Answers, in XML.

use crate::meeting::handoff::HandoffError;
use crate::meeting::handoff::outbound::Answer;
use crate::model::text;
use roxmltree::{Document, Node, ParsingOptions};

/// The most nodes of an answer. A thousand people in a meeting are 30,000.
const MAX_NODES: u32 = 100_000;

/// How much of a text of the server is told, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// What the server answers to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It did what it was asked for.
    Done(Meeting),
    /// It did not.
    Failed(Failure),
}

/// What an answer says of a meeting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meeting {
    /// When the meeting was created, as the server counts it.
    pub(super) create_time: Option<u64>,
    /// How many moderators are in the meeting.
    pub(super) moderators: Option<u64>,
}

/// Why the server did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The word for programs.
    key: String,
    /// The sentence for people.
    message: String,
}

/// Reads an answer. Its status counts only where its body says nothing: the server answers 200 when it
/// refuses.
///
/// # Errors
/// An answer that is not one of BigBlueButton.
pub(super) fn read(answer: &Answer) -> Result<Reply, HandoffError> {
    let is_not_ours = || HandoffError::Malformed(foreign(answer));
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(&answer.body, options);
    let document = document.map_err(|_| is_not_ours())?;
    let response = document.root_element();
    let code = text_of(response, "returncode");
    match (response.tag_name().name(), code) {
        ("response", Some("SUCCESS")) => Ok(Reply::Done(Meeting {
            create_time: number_of(response, "createTime"),
            moderators: number_of(response, "moderatorCount"),
        })),
        ("response", Some("FAILED")) => Ok(Reply::Failed(Failure::read(response))),
        _ => Err(is_not_ours()),
    }
}

impl Failure {
    /// Reads the one error of an answer, or the first of several.
    fn read(response: Node<'_, '_>) -> Self {
        let error = response
            .descendants()
            .find(|node| node.has_tag_name("error"));
        let attribute = |name| error.and_then(|error| error.attribute(name));
        let told = |text: Option<&str>| {
            let text = text::on_one_line(text.unwrap_or_default().trim());
            text::shown(&text, MAX_TEXT_CHARS)
        };
        Self {
            key: told(text_of(response, "messageKey").or_else(|| attribute("key"))),
            message: told(text_of(response, "message").or_else(|| attribute("message"))),
        }
    }

    /// Returns whether there is no meeting with the identifier. Some versions say so with the key of
    /// another error, which the identifier of a room never is.
    pub(super) fn is_not_found(&self) -> bool {
        match self.key.as_str() {
            "notFound" | "invalidMeetingIdentifier" => true,
            "validationError" => self.message.contains("does not exist"),
            _ => false,
        }
    }

    /// Returns whether there is such a meeting that was created with other passwords: by another program
    /// that has the secret, or by an old version of the server, which made some up.
    pub(super) fn is_not_unique(&self) -> bool {
        self.key == "idNotUnique"
    }

    /// Returns whether the server does not take a parameter, such as the name.
    pub(super) fn is_invalid_parameter(&self) -> bool {
        matches!(self.key.as_str(), "validationError" | "sizeError")
    }

    /// Returns whether the checksum is wrong.
    pub(super) fn is_checksum_error(&self) -> bool {
        self.key == "checksumError"
    }
}

impl From<Failure> for HandoffError {
    fn from(failure: Failure) -> Self {
        let Failure { key, message } = failure;
        Self::Refused(match (key.is_empty(), message.is_empty()) {
            (true, true) => "it does not say why".to_owned(),
            (true, false) => message,
            (false, true) => key,
            (false, false) => format!("{key}: {message}"),
        })
    }
}

/// Returns what is wrong with an answer that BigBlueButton did not give.
fn foreign(answer: &Answer) -> String {
    match answer.status {
        200 => "it is not XML of BigBlueButton".to_owned(),
        status @ 300..400 => {
            format!("it is a redirect (HTTP status {status}), which is not followed")
        }
        status => format!("it is not XML of BigBlueButton (HTTP status {status})"),
    }
}

/// Returns the text in an element right inside the answer, if there is any.
fn text_of<'a>(response: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let element = response.children().find(|node| node.has_tag_name(name))?;
    element
        .text()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn number_of(response: Node<'_, '_>, name: &str) -> Option<u64> {
    text_of(response, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.into(),
        }
    }

    fn refusal(inside: &str) -> HandoffError {
        let body = format!("<response><returncode>FAILED</returncode>{inside}</response>");
        match read(&answer(200, &body)).expect("an answer") {
            Reply::Failed(failure) => failure.into(),
            Reply::Done(meeting) => panic!("{meeting:?}"),
        }
    }

    fn failure(key: &str, message: &str) -> Failure {
        Failure {
            key: key.into(),
            message: message.into(),
        }
    }

    #[test]
    fn what_is_said_of_a_meeting_is_read() {
        let body = "<?xml version=\"1.0\"?>\n<response>\n <returncode> SUCCESS </returncode>\n\
                    <meetingID>a</meetingID><createTime>1718000000123</createTime>\
                    <attendees><attendee><createTime>1</createTime></attendee></attendees>\
                    <moderatorCount>2</moderatorCount><messageKey/></response>";
        let meeting = Meeting {
            create_time: Some(1_718_000_000_123),
            moderators: Some(2),
        };
        assert_eq!(read(&answer(200, body)), Ok(Reply::Done(meeting)));
        let body =
            "<response><returncode>SUCCESS</returncode><createTime>-1</createTime></response>";
        let nothing = Ok(Reply::Done(Meeting::default()));
        assert_eq!(read(&answer(200, body)), nothing);
    }

    #[test]
    fn a_refusal_is_told_on_one_line_of_limited_length() {
        for (inside, told) in [
            (
                "<messageKey>checksumError</messageKey><message>No.</message>",
                "checksumError: No.",
            ),
            (
                "<errors><error key=\"a\" message=\"b\"/><error key=\"c\" message=\"d\"/></errors>",
                "a: b",
            ),
            ("<messageKey>a</messageKey>", "a"),
            ("<messageKey/><message>b</message>", "b"),
            ("", "it does not say why"),
            (
                "<messageKey>a</messageKey><message>b&#10;c\u{2028}d&#x202E;e\u{85}</message>",
                "a: b\u{fffd}c d\u{fffd}e",
            ),
        ] {
            assert_eq!(refusal(inside), HandoffError::Refused(told.into()));
        }
        let long = refusal(&format!("<message>{}</message>", "x".repeat(5000)));
        assert_eq!(long, HandoffError::Refused("x".repeat(MAX_TEXT_CHARS)));
    }

    #[test]
    fn a_refusal_with_another_status_is_read() {
        let body = "<response><returncode>FAILED</returncode><messageKey>a</messageKey></response>";
        assert_eq!(
            read(&answer(401, body)),
            Ok(Reply::Failed(failure("a", "")))
        );
    }

    #[test]
    fn versions_differ_in_how_they_say_that_there_is_no_meeting() {
        for (key, message, is_not_found) in [
            ("notFound", "", true),
            ("invalidMeetingIdentifier", "", true),
            (
                "validationError",
                "A meeting with that ID does not exist",
                true,
            ),
            (
                "validationError",
                "Meeting ID must be between 2 and 256 characters",
                false,
            ),
            ("checksumError", "does not exist", false),
        ] {
            assert_eq!(failure(key, message).is_not_found(), is_not_found, "{key}");
        }
    }

    #[test]
    fn what_is_not_from_big_blue_button_is_told_with_its_status() {
        let deep = format!("<response>{}", "<a>".repeat(300_000));
        let wide = format!("<response>{}</response>", "<a/>".repeat(200_000));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbb\">]><response><returncode>SUCCESS</returncode>\
                    <createTime>&b;</createTime></response>";
        for body in [
            "",
            "{}",
            "<html><body>Welcome</body></html>",
            "<!DOCTYPE html><p>Welcome",
            "<response><returncode>SUCCESS</returncode>",
            "<response/>",
            "<response><returncode>MAYBE</returncode></response>",
            "<html><returncode>SUCCESS</returncode></html>",
            &deep,
            &wide,
            bomb,
        ] {
            let told = |status| match read(&answer(status, body)) {
                Err(HandoffError::Malformed(told)) => told,
                other => panic!("{other:?}"),
            };
            assert_eq!(told(200), "it is not XML of BigBlueButton");
            assert!(told(404).ends_with("(HTTP status 404)"));
            assert!(told(302).contains("a redirect (HTTP status 302)"));
        }
    }
}
