/// What stands in braces in a template, and is replaced for each person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The end of the room's address: its name in ASCII and a random part.
    Slug,
    /// The identifier of the room.
    Guid,
    /// The name of the room.
    Name,
    /// The language of the room (BCP 47).
    Lang,
    /// `host` or `guest`.
    Role,
    /// `true` for hosts, `false` for guests.
    Moderator,
    /// The name of the person.
    UserName,
    /// The owner's e-mail address for hosts, nothing for guests.
    UserEmail,
    /// Where the meeting server is to lead people who leave.
    ReturnUrl,
    /// A signed token.
    Jwt,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that stays as it is.
    Text(String),
    /// What is replaced.
    Placeholder(Placeholder),
}

impl Placeholder {
    const ALL: [Self; 10] = [
        Self::Slug,
        Self::Guid,
        Self::Name,
        Self::Lang,
        Self::Role,
        Self::Moderator,
        Self::UserName,
        Self::UserEmail,
        Self::ReturnUrl,
        Self::Jwt,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Slug => "slug",
            Self::Guid => "guid",
            Self::Name => "name",
            Self::Lang => "lang",
            Self::Role => "role",
            Self::Moderator => "moderator",
            Self::UserName => "user_name",
            Self::UserEmail => "user_email",
            Self::ReturnUrl => "return_url",
            Self::Jwt => "jwt",
        }
    }
}

/// Returns the pieces of a template. A brace that belongs to no placeholder is a mistake: a URL has it
/// percent-encoded.
///
/// # Errors
/// An unknown placeholder; a brace without its other one.
pub(super) fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        let inside = from.strip_prefix('{').and_then(|from| from.split_once('}'));
        let Some((name, after)) = inside else {
            return Err("has a brace without the other one of its pair".into());
        };
        let mut known = Placeholder::ALL.into_iter();
        let Some(placeholder) = known.find(|known| known.as_str() == name) else {
            let known = Placeholder::ALL.map(|known| format!("{{{}}}", known.as_str()));
            return Err(format!(
                "has the unknown placeholder {{{name}}}: there are {}",
                known.join(" ")
            ));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Placeholder(placeholder));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// Returns whether the pieces contain a placeholder.
pub(super) fn contains(pieces: &[Piece], placeholder: Placeholder) -> bool {
    pieces.contains(&Piece::Placeholder(placeholder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_texts_and_placeholders() {
        let pieces = parse("a/{slug}?n={user_name}").expect("a template");
        let text = |text: &str| Piece::Text(text.into());
        assert_eq!(
            pieces,
            [
                text("a/"),
                Piece::Placeholder(Placeholder::Slug),
                text("?n="),
                Piece::Placeholder(Placeholder::UserName),
            ]
        );
        assert!(contains(&pieces, Placeholder::Slug));
        assert!(!contains(&pieces, Placeholder::Jwt));
    }

    #[test]
    fn what_is_no_placeholder_is_told() {
        for (text, part) in [
            ("{nmae}", "{nmae}"),
            ("{ name }", "{ name }"),
            ("{}", "{}"),
            ("{NAME}", "{NAME}"),
            ("{{name}}", "{{name}"),
            ("{name", "a brace"),
            ("name}", "a brace"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
    }
}
