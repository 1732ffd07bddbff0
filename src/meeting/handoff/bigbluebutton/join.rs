use super::query::Query;
use crate::meeting::handoff::Visit;
use crate::model::Guid;

/// The longest name of a person, in characters. The server takes 255 UTF-16 units.
const MAX_NAME_CHARS: usize = 100;

/// Returns the parameters with which a person's browser joins the meeting that was created at this
/// time, as the server counts it: the URL is of no use for a later meeting.
pub(super) fn query(visit: &Visit, create_time: u64) -> Query {
    let name: String = visit.name.chars().take(MAX_NAME_CHARS).collect();
    let mut query = Query::default();
    query.add("meetingID", visit.room.guid);
    query.add("fullName", name);
    query.add(
        "role",
        if visit.is_host() {
            "MODERATOR"
        } else {
            "VIEWER"
        },
    );
    query.add("createTime", create_time);
    // Another one for each click, because two people may have the same name.
    query.add("userID", Guid::generate());
    if !visit.is_host() && visit.options.needs_approval() {
        // The policy of the meeting is about people who come with this alone.
        query.add("guest", true);
    }
    if let Some(locale) = locale(visit.room.lang.as_str()) {
        query.add("userdata-bbb_override_default_locale", locale);
    }
    query.add("errorRedirectUrl", &visit.page_url);
    query.add("redirect", true);
    query
}

/// Returns the locale for a language tag, as the server's client has them: a language, and a region
/// where the tag has one, without script and variants. There is one locale for all of English. None is
/// for a tag of private use.
fn locale(tag: &str) -> Option<String> {
    let mut subtags = tag.split('-');
    let language = subtags.next().filter(|language| language.len() > 1)?;
    let is_region = |subtag: &&str| {
        let is_country = subtag.len() == 2 && subtag.bytes().all(|b| b.is_ascii_alphabetic());
        is_country || (subtag.len() == 3 && subtag.bytes().all(|b| b.is_ascii_digit()))
    };
    // An extension begins with a subtag of one character.
    let region = subtags
        .take_while(|subtag| subtag.len() > 1)
        .find(is_region);
    Some(match region {
        Some(region) if language != "en" => format!("{language}-{region}"),
        _ => language.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_becomes_a_locale_of_the_client() {
        for (tag, expected) in [
            ("en", Some("en")),
            ("en-US", Some("en")),
            ("de", Some("de")),
            ("tr-TR", Some("tr-TR")),
            ("pt-BR", Some("pt-BR")),
            ("es-419", Some("es-419")),
            ("zh-Hant-TW", Some("zh-TW")),
            ("zh-Hant", Some("zh")),
            ("de-DE-1996", Some("de-DE")),
            ("sl-rozaj-biske", Some("sl")),
            ("ar-u-nu-latn", Some("ar")),
            ("x-private", None),
        ] {
            assert_eq!(locale(tag).as_deref(), expected, "{tag}");
        }
    }
}
