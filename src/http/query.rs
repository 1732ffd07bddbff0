use super::error::ApiError;
use super::fields::FieldErrors;
use crate::model::Invalid;
use actix_web::HttpRequest;
use actix_web::http::Method;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use url::form_urlencoded;

/// The end of the route of the call that takes its fields from the query. It reads them itself.
const SEARCH: &str = "/room/search";

/// The ends of the routes of the other calls that answer with a room, unless they delete it: their
/// query may ask for more than the usual answer.
const ROOM: [&str; 3] = ["/room", "/room/default", "/room/{room_guid}"];

/// Returns the parameters that a call other than the search knows in its query.
fn known(request: &HttpRequest) -> &'static [&'static str] {
    let route = request.match_pattern().unwrap_or_default();
    let is_room = ROOM.iter().any(|end| route.ends_with(end));
    if is_room && *request.method() != Method::DELETE {
        &["fields"]
    } else {
        &[]
    }
}

/// Checks that a call has no parameter in its query that it would ignore, such as a condition of a
/// search that belongs into the body.
///
/// # Errors
/// Every parameter that the call does not know.
pub(super) fn check(request: &HttpRequest) -> Result<(), ApiError> {
    let query = request.query_string();
    let is_search = || {
        let route = request.match_pattern();
        route.is_some_and(|route| route.ends_with(SEARCH)) && request.method() != Method::POST
    };
    if query.is_empty() || is_search() {
        return Ok(());
    }
    let known = known(request);
    let message = match (request.method(), known) {
        (&Method::POST | &Method::PUT, []) => {
            "is unknown in the query: fields belong into the JSON object of the body".to_owned()
        }
        (&Method::POST | &Method::PUT, known) => format!(
            "is unknown in the query, where this call takes only {}: other fields belong into the JSON \
             object of the body",
            known.join(", ")
        ),
        (_, []) => "is unknown: this call takes no parameters in the query".to_owned(),
        (_, known) => format!(
            "is unknown: the only parameter of this call is {}",
            known.join(", ")
        ),
    };
    let params = QueryParams::from_query(query);
    let names = params.pairs.iter().map(|pair| pair.name.as_ref());
    let mut errors = FieldErrors::default();
    errors.add_others(names, known, &message);
    errors.unless_any(())
}

/// The parameters of a query string, taken one by one.
pub(super) struct QueryParams<'a> {
    pairs: Vec<Pair<'a>>,
    /// The names of the parameters taken so far.
    known: Vec<&'static str>,
    errors: FieldErrors,
}

struct Pair<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    /// True if name and value are UTF-8; otherwise both hold replacement characters.
    is_utf_8: bool,
}

impl<'a> QueryParams<'a> {
    /// Reads a query string.
    pub(super) fn from_query(query: &'a str) -> Self {
        let parts = query.split('&').filter(|part| !part.is_empty());
        Self {
            pairs: parts.filter_map(Pair::from_part).collect(),
            known: Vec::new(),
            errors: FieldErrors::default(),
        }
    }

    /// Takes a parameter; None if it is absent, or wrong, which is then among the errors.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        self.known.push(name);
        let mut pairs = self.pairs.iter().filter(|pair| pair.name == name);
        let pair = pairs.next()?;
        let parsed = match pairs.next() {
            Some(_) => Err(Invalid::new("is given twice")),
            None if !pair.is_utf_8 => Err(Invalid::new("must be UTF-8, percent-encoded")),
            None => parse(&pair.value),
        };
        parsed
            .map_err(|message| self.errors.add(name, message))
            .ok()
    }

    /// Returns a value if the query has no parameters but those taken, and all of them are right.
    ///
    /// # Errors
    /// Every wrong parameter, and those that were not taken.
    pub(super) fn unless_wrong<T>(mut self, value: T) -> Result<T, ApiError> {
        let names = self.pairs.iter().map(|pair| pair.name.as_ref());
        self.errors.add_unknown(names, &self.known);
        self.errors.unless_any(value)
    }
}

impl QueryParams<'_> {
    /// Returns a value if the parameters taken are right, whatever other ones the query has.
    ///
    /// # Errors
    /// Every wrong parameter of those taken.
    pub(super) fn unless_taken_wrong<T>(self, value: T) -> Result<T, ApiError> {
        self.errors.unless_any(value)
    }
}

impl<'a> Pair<'a> {
    fn from_part(part: &'a str) -> Option<Self> {
        let (name, value) = form_urlencoded::parse(part.as_bytes()).next()?;
        Some(Self {
            name,
            value,
            is_utf_8: percent_decode_str(part).decode_utf8().is_ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Option<String>, ApiError> {
        let mut params = QueryParams::from_query(query);
        let value = params.optional("query", |text| Ok(text.to_owned()));
        params.unless_wrong(value)
    }

    #[test]
    fn a_value_is_decoded() {
        for (query, value) in [
            ("query=Caf%C3%A9+x", "Café x"),
            ("&query=50%&", "50%"),
            ("query=%zz%2", "%zz%2"),
            ("query", ""),
            ("query=a=b", "a=b"),
        ] {
            let read = read(query).ok().flatten();
            assert_eq!(read.as_deref(), Some(value), "{query}");
        }
        assert!(matches!(read(""), Ok(None)));
    }

    #[test]
    fn other_encodings_and_unknown_names_are_errors() {
        for query in [
            "query=Caf%E9",
            "query=%C3",
            "query=%FF%FE",
            "%FF=x",
            "quer%79=%E9",
            "Query=x",
            "=x",
            "query=x&other",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }
}
