//! Any meeting server whose URL says all.

use super::jwt::{SigningKey, add_times};
use super::{Entry, Finding, Visit};
use crate::model::{ClaimsTemplate, Placeholder, UrlTemplate};
use std::borrow::Cow;

/// Where people are sent, by templates.
#[derive(Debug)]
pub(crate) struct Template {
    /// Where hosts are sent.
    pub(crate) host_url: UrlTemplate,
    /// Where guests are sent.
    pub(crate) guest_url: UrlTemplate,
    /// The token that `{jwt}` stands for.
    pub(crate) token: Option<(ClaimsTemplate, SigningKey)>,
}

impl Template {
    /// Returns whether hosts and guests are led back in the end.
    pub(super) fn leads_back(&self) -> bool {
        let urls = [&self.host_url, &self.guest_url];
        urls.iter().all(|url| url.contains(Placeholder::ReturnUrl))
    }

    /// Returns where a person is sent.
    pub(super) fn enter(&self, visit: &Visit) -> Entry {
        let url = if visit.is_host() {
            &self.host_url
        } else {
            &self.guest_url
        };
        Entry::Url(url.fill(|placeholder| match placeholder {
            Placeholder::Jwt => self.sign(visit).into(),
            other => value(other, visit),
        }))
    }

    /// Returns what an operator should know about these settings, in sentences.
    pub(super) fn check(&self) -> Vec<Finding> {
        let tells_roles = |contains: &dyn Fn(Placeholder) -> bool| {
            contains(Placeholder::Role) || contains(Placeholder::Moderator)
        };
        let claims_tell_roles = match &self.token {
            Some((claims, _)) => tells_roles(&|placeholder| claims.contains(placeholder)),
            None => false,
        };
        let guests_have_a_token = self.guest_url.contains(Placeholder::Jwt);
        let mut found = Vec::new();
        if self.host_url.contains(Placeholder::Jwt) && guests_have_a_token && !claims_tell_roles {
            found.push(Finding::Doubtful(
                "guests get the same token as hosts: use {moderator} or {role} in \
                 meeting.template.token_claims, or leave {jwt} out of meeting.template.guest_url"
                    .to_owned(),
            ));
        } else if self.host_url == self.guest_url
            && !(guests_have_a_token && claims_tell_roles)
            && !tells_roles(&|placeholder| self.guest_url.contains(placeholder))
        {
            found.push(Finding::Doubtful(
                "hosts and guests are sent to the same URL, so the meeting server takes them for the \
                 same: let meeting.template.host_url and meeting.template.guest_url differ, or use \
                 {moderator} or {role} in them"
                    .to_owned(),
            ));
        }
        if !self.leads_back() {
            found.push(Finding::Fine(
                "nobody comes back to the page of the room, so that nobody gives stars and return_url has \
                 no effect: if the meeting server can lead people back, put {return_url} into both URLs"
                    .to_owned(),
            ));
        }
        found
    }

    /// Returns the token of a person; nothing without claims, where `{jwt}` is in no URL.
    fn sign(&self, visit: &Visit) -> String {
        let signed = self.token.as_ref().map(|(claims, key)| {
            let mut claims = claims.fill(|placeholder| value(placeholder, visit));
            // The same for all, whatever the template has: a token without an end would be a key.
            add_times(&mut claims, visit.now);
            key.sign(&claims)
        });
        signed.unwrap_or_default()
    }
}

/// Returns what a placeholder other than `{jwt}` stands for.
fn value(placeholder: Placeholder, visit: &Visit) -> Cow<'_, str> {
    let room = &visit.room;
    match placeholder {
        Placeholder::Slug => room.slug().into(),
        Placeholder::Guid => room.guid.to_string().into(),
        Placeholder::Name => room.name.as_str().into(),
        Placeholder::Lang => room.lang.as_str().into(),
        Placeholder::Role if visit.is_host() => "host".into(),
        Placeholder::Role => "guest".into(),
        Placeholder::Moderator if visit.is_host() => "true".into(),
        Placeholder::Moderator => "false".into(),
        Placeholder::UserName => visit.name.as_str().into(),
        // The owner gave out the host links, and so vouches for who has one. A guest is not to learn
        // the address.
        Placeholder::UserEmail if visit.is_host() => room.creator_email.as_str().into(),
        Placeholder::UserEmail | Placeholder::Jwt => "".into(),
        Placeholder::ReturnUrl => visit.return_url().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meeting::handoff::testing::{
        NOW, OWNER, assert_that_the_table_is_true, visit, visits,
    };
    use crate::meeting::options::Column;
    use crate::meeting::role::Role;
    use crate::model::TokenAlgorithm;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use url::Url;

    const CLAIMS: &str = r#"{"iss": "roomd", "sub": "{user_name}", "exp": "{guid}",
        "context": {"user": {"moderator": "{moderator}", "email": "{user_email}"}, "room": ["{name}"]}}"#;

    fn template(host_url: &str, guest_url: &str) -> Template {
        let secret = "north".parse().expect("a secret");
        let key = SigningKey::from_secret(TokenAlgorithm::Hs256, &secret, None);
        Template {
            host_url: host_url.parse().expect("a template"),
            guest_url: guest_url.parse().expect("a template"),
            token: Some((CLAIMS.parse().expect("claims"), key)),
        }
    }

    fn entered(template: &Template, visit: &Visit) -> String {
        match template.enter(visit) {
            Entry::Url(url) => url,
            other @ Entry::LiveKit { .. } => panic!("{other:?}"),
        }
    }

    fn claims(token: &str) -> Value {
        let payload = token.split('.').nth(1).expect("a payload");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
        serde_json::from_slice(&payload).expect("JSON")
    }

    #[test]
    fn every_placeholder_is_filled_for_hosts_and_guests() {
        let all = "https://a.example/{slug}/{guid}?n={name}&l={lang}&r={role}&m={moderator}&\
                   u={user_name}&e={user_email}&b={return_url}";
        let template = template(all, all);
        for (role, words, email) in [
            (Role::Host, "r=host&m=true", "ada.lovelace%40owner.example"),
            (Role::Guest, "r=guest&m=false", ""),
        ] {
            let visit = visit(role, &json!({}));
            let guid = visit.room.guid;
            assert_eq!(
                entered(&template, &visit),
                format!(
                    "https://a.example/physics_k3p9x0ab1z/{guid}?n=Physics&l=en-US&{words}&u=Grace&\
                     e={email}&b=https%3A%2F%2Frooms.example%2Fgroups%2Froom%2Fphysics_k3p9x0ab1z%3Fleft"
                )
            );
        }
    }

    #[test]
    fn the_token_has_the_claims_and_the_times_of_the_click() {
        let template = template("https://a.example/#{jwt}", "https://a.example/");
        let url = entered(&template, &visit(Role::Host, &json!({})));
        let token = url.strip_prefix("https://a.example/#").expect("a token");
        let now = NOW.as_unix();
        let expected = json!({
            "iss": "roomd", "sub": "Grace", "iat": now, "nbf": now - 60, "exp": now + 300,
            "context": {"user": {"moderator": "true", "email": OWNER}, "room": ["Physics"]},
        });
        assert_eq!(claims(token), expected);
        let guest = entered(&template, &visit(Role::Guest, &json!({})));
        assert_eq!(guest, "https://a.example/");
    }

    #[test]
    fn the_table_says_which_options_act() {
        let alone = template("https://a.example/{slug}", "https://a.example/{slug}");
        assert_that_the_table_is_true(Column::Template, |visit| {
            entered(&alone, visit).replace(&visit.room.guid.to_string(), "")
        });
        let url = "https://a.example/{slug}?back={return_url}";
        let with_return = template(url, url);
        assert_that_the_table_is_true(Column::TemplateWithReturn, |visit| {
            entered(&with_return, visit)
        });
    }

    #[test]
    fn settings_that_make_guests_hosts_are_told() {
        let back = "https://a.example/{slug}?b={return_url}";
        let part = |template: &Template| {
            let found = template.check().into_iter().map(|found| match found {
                Finding::Fine(text) | Finding::Doubtful(text) | Finding::Wrong(text) => text,
            });
            found.collect::<Vec<_>>().join("\n")
        };
        assert!(part(&template(back, back)).contains("the same URL"));
        let role = format!("{back}&r={{role}}");
        assert_eq!(part(&template(&role, &role)), "");
        let token = format!("{back}#{{jwt}}");
        assert_eq!(part(&template(&token, back)), "");
        assert_eq!(part(&template(&token, &token)), "");
        let mut same = template(&token, &token);
        same.token = same.token.map(|(_, key)| {
            let claims = r#"{"moderator": true, "name": "{user_name}"}"#;
            (claims.parse().expect("claims"), key)
        });
        assert!(part(&same).contains("the same token"));
        let away = template("https://a.example/h", "https://a.example/g");
        assert!(part(&away).contains("{return_url}"));
    }

    proptest! {
        #[test]
        fn a_value_stays_in_its_place_and_guests_get_nothing_of_hosts(visit in visits()) {
            let template = template(
                "https://h.example/host/{slug}?n={name}&u={user_name}&b={return_url}#{jwt}",
                "https://g.example/guest/{slug}?n={name}&u={user_name}&b={return_url}&m={moderator}#{jwt}",
            );
            let text = entered(&template, &visit);
            let url = Url::parse(&text).expect("a URL");
            prop_assert_eq!(url.as_str(), &text);
            let (host, start) = if visit.is_host() {
                ("h.example", "/host/")
            } else {
                ("g.example", "/guest/")
            };
            prop_assert_eq!(url.host_str(), Some(host));
            prop_assert_eq!(url.path(), format!("{start}{}", visit.room.slug()));
            let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
            let value = |at: usize, key: &str| (query[at].0 == key).then(|| query[at].1.clone());
            prop_assert_eq!(value(0, "n"), Some(visit.room.name.as_str().to_owned()));
            prop_assert_eq!(value(1, "u"), Some(visit.name.clone()));
            prop_assert_eq!(value(2, "b"), Some(visit.return_url()));
            let claims = claims(url.fragment().expect("a token"));
            prop_assert_eq!(&claims["sub"], &json!(visit.name));
            prop_assert_eq!(&claims["context"]["room"], &json!([visit.room.name.as_str()]));
            if !visit.is_host() {
                prop_assert_eq!(query.len(), 4);
                prop_assert_eq!(value(3, "m"), Some("false".to_owned()));
                let user = json!({"moderator": "false", "email": ""});
                prop_assert_eq!(&claims["context"]["user"], &user);
                prop_assert!(!text.contains("owner.example"));
            }
        }
    }
}
