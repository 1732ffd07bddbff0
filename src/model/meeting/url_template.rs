use super::placeholder::{self, Piece, Placeholder};
use super::unreserved::percent_encoded;
use std::borrow::Cow;
use std::str::FromStr;
use url::Url;

/// A URL with placeholders behind its host, such as
/// `https://meet.example.com/{slug}?name={user_name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(Vec<Piece>);

impl UrlTemplate {
    /// Returns the URL with a value, percent-encoded, in the place of each placeholder.
    pub fn fill<'a>(&self, value: impl Fn(Placeholder) -> Cow<'a, str>) -> String {
        let mut url = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => url.push_str(text),
                Piece::Placeholder(placeholder) => {
                    url.extend(percent_encoded(&value(*placeholder)));
                }
            }
        }
        url
    }

    /// Returns whether the template contains a placeholder.
    pub fn contains(&self, placeholder: Placeholder) -> bool {
        placeholder::contains(&self.0, placeholder)
    }

    /// Returns whether the URL is without TLS.
    pub fn is_plain_http(&self) -> bool {
        let start = self.0.first();
        matches!(start, Some(Piece::Text(text)) if !text.to_ascii_lowercase().starts_with("https:"))
    }
}

impl FromStr for UrlTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "must be an http or https URL, with placeholders behind the host only, \
                            such as https://meet.example.com/{slug}?name={user_name}";
        let template = Self(placeholder::parse(text)?);
        let filled = |value: &'static str| Url::parse(&template.fill(|_| value.into()));
        let (Ok(one), Ok(other)) = (filled("a"), filled("b")) else {
            return Err(FORM.into());
        };
        // A value must not decide to which server people are sent.
        let is_fixed = one.origin() == other.origin() && one.authority() == other.authority();
        let is_web = matches!(one.scheme(), "http" | "https");
        if is_web && is_fixed && one.username().is_empty() && one.password().is_none() {
            Ok(template)
        } else {
            Err(FORM.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_percent_encoded() {
        let template: UrlTemplate = "https://a.example/{slug}?n={user_name}#{role}"
            .parse()
            .expect("a template");
        let url = template.fill(|placeholder| match placeholder {
            Placeholder::Slug => "a_b".into(),
            Placeholder::UserName => "Ü' +%&#?/\u{1F600}".into(),
            _ => "host".into(),
        });
        assert_eq!(
            url,
            "https://a.example/a_b?n=%C3%9C%27%20%2B%25%26%23%3F%2F%F0%9F%98%80#host"
        );
    }

    #[test]
    fn a_template_is_a_url_whose_host_no_value_changes() {
        for text in [
            "https://a.example/{slug}",
            "http://127.0.0.1:8000/room.html?room={guid}",
            "https://a.example/x#jwt={jwt}",
        ] {
            let template = text.parse::<UrlTemplate>().expect(text);
            assert_eq!(template.is_plain_http(), text.starts_with("http:"));
        }
        for text in [
            "",
            "{slug}",
            "a.example/{slug}",
            "https://{slug}.example.com/",
            "https://a.example:{guid}/",
            "https://{slug}@a.example/",
            "https://u:p@a.example/",
            "javascript:alert({name})",
            "https://a.example/{unknown}",
        ] {
            assert!(text.parse::<UrlTemplate>().is_err(), "{text}");
        }
    }
}
