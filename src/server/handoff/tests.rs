use super::*;
use std::fs;
use tempfile::TempDir;

const HOST: &str = "https://a.example/{slug}?h";

fn parsed<T: std::str::FromStr>(text: &str) -> Option<T> {
    let parsed = text.parse().ok();
    assert!(parsed.is_some(), "{text}");
    parsed
}

fn with_template(change: impl FnOnce(&mut config::Template)) -> config::Meeting {
    let mut settings = config::Meeting {
        server: MeetingServer::Template,
        ..config::Meeting::default()
    };
    settings.template.host_url = parsed(HOST);
    settings.template.guest_url = parsed("https://a.example/{slug}");
    change(&mut settings.template);
    settings
}

fn with_jitsi(change: impl FnOnce(&mut config::Jitsi)) -> config::Meeting {
    let mut settings = config::Meeting {
        server: MeetingServer::Jitsi,
        ..config::Meeting::default()
    };
    settings.jitsi.url = parsed("https://meet.example");
    change(&mut settings.jitsi);
    settings
}

#[track_caller]
fn assert_works(settings: &config::Meeting) {
    let server = handoff_server(settings);
    assert!(matches!(server, Ok(Some(_))), "{server:?}");
}

#[track_caller]
fn assert_refused(settings: &config::Meeting, sentence: &str) {
    let error = handoff_server(settings)
        .err()
        .map(|error| error.to_string());
    assert_eq!(error.as_deref(), Some(sentence));
}

#[test]
fn meetings_that_take_place_here_need_no_other_server() {
    for server in [MeetingServer::Builtin, MeetingServer::None] {
        let settings = config::Meeting {
            server,
            ..config::Meeting::default()
        };
        assert!(matches!(handoff_server(&settings), Ok(None)));
    }
}

#[test]
fn a_template_needs_both_urls_with_tls_and_the_claims_of_its_token() {
    assert_works(&with_template(|_| ()));
    assert_refused(
        &with_template(|template| template.guest_url = None),
        "meeting.template.guest_url must be set for meeting.server = \"template\"",
    );
    let http = |template: &mut config::Template| {
        template.host_url = parsed("http://a.example/{slug}");
    };
    assert_refused(
        &with_template(http),
        "meeting.template.host_url is without TLS, so that others on the network can read what is in \
         it: use https, or set meeting.template.allow_http = true",
    );
    assert_works(&with_template(|template| {
        http(template);
        template.allow_http = true;
    }));
    assert_refused(
        &with_template(|template| template.host_url = parsed("https://a.example/#{jwt}")),
        "meeting.template.host_url has {jwt}: set meeting.template.token_claims to the claims of that \
         token",
    );
    assert_refused(
        &with_template(|template| template.token_secret = parsed("north")),
        "meeting.template.token_claims must be set, because there is a key to sign a token with",
    );
    assert_refused(
        &with_template(|template| {
            template.token_secret = parsed("north");
            template.token_claims = parsed("{}");
        }),
        "meeting.template.token_claims is set, but neither meeting.template.host_url nor \
         meeting.template.guest_url has {jwt}, where the token is to be",
    );
}

#[test]
fn a_token_needs_one_secret_or_a_key_of_rsa() {
    let with_token = |change: &dyn Fn(&mut config::Template)| {
        with_template(|template| {
            template.host_url = parsed("https://a.example/#{jwt}");
            template.token_claims = parsed("{}");
            change(template);
        })
    };
    assert_refused(
        &with_token(&|_| ()),
        "meeting.template.token_secret or meeting.template.token_secret_file must be set",
    );
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("secret");
    fs::write(&file, "  north\n").expect("a file");
    assert_works(&with_token(&|template| {
        template.token_secret_file = Some(file.clone())
    }));
    assert_refused(
        &with_token(&|template| {
            template.token_secret_file = Some(file.clone());
            template.token_secret = parsed("north");
        }),
        "meeting.template.token_secret and meeting.template.token_secret_file are two secrets: set one \
         of them",
    );
    let rsa = |template: &mut config::Template| template.token_algorithm = TokenAlgorithm::Rs256;
    assert_refused(
        &with_token(&rsa),
        "meeting.template.token_key_file must be set for token_algorithm = \"RS256\"",
    );
    assert_refused(
        &with_token(&|template| {
            rsa(template);
            template.token_key_file = Some(file.clone());
        }),
        &format!(
            "meeting.template.token_key_file names {}: it has no private key in PEM form; `openssl \
             genrsa -out key.pem 2048` makes one, and `openssl rsa -in key.pem -pubout` prints the \
             public key for the other server",
            file.display()
        ),
    );
    assert_refused(
        &with_token(&|template| template.token_key_file = Some(file.clone())),
        "meeting.template.token_key_file is for RS256: set that algorithm, or no key file",
    );
    fs::write(&file, " \n").expect("a file");
    assert_refused(
        &with_token(&|template| template.token_secret_file = Some(file.clone())),
        &format!(
            "meeting.template.token_secret_file names {}, which has no text in it",
            file.display()
        ),
    );
}

#[test]
fn jitsi_needs_a_url_and_both_parts_of_what_signs() {
    assert_works(&with_jitsi(|_| ()));
    assert_works(&with_jitsi(|jitsi| {
        jitsi.app_id = parsed("roomd");
        jitsi.secret = parsed("north");
    }));
    assert_refused(
        &with_jitsi(|jitsi| jitsi.url = None),
        "meeting.jitsi.url must be set for meeting.server = \"jitsi\"",
    );
    assert_refused(
        &with_jitsi(|jitsi| jitsi.url = parsed("wss://meet.example")),
        "meeting.jitsi.url must begin with https:// or, for a test, http://",
    );
    assert_refused(
        &with_jitsi(|jitsi| jitsi.app_id = parsed("roomd")),
        "meeting.jitsi.secret or meeting.jitsi.secret_file must be set",
    );
    let sentence = "meeting.jitsi.app_id must be set for tokens: it is the app_id of Prosody (JWT_APP_ID \
                    of docker-jitsi-meet)";
    assert_refused(
        &with_jitsi(|jitsi| jitsi.secret = parsed("north")),
        sentence,
    );
    assert_refused(
        &with_jitsi(|jitsi| jitsi.guests = JitsiGuests::Token),
        sentence,
    );
}
