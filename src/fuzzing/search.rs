use super::rejection::check_rejection;
use crate::http::{read_room_query, read_user_query};
use crate::model::text::fold;
use crate::model::{Email, Paging, Part, RoomQuery, RoomSort, Timestamp};
use url::form_urlencoded::Serializer;

/// Searches, for rooms by a query string and for users by a body: an accepted one is within its
/// limits and reads back equal, and the response to a rejected one names the parameters.
pub fn search(input: &[u8]) {
    match read_user_query(input) {
        Ok((query, paging)) => {
            check_paging(paging);
            check_folded(&query.name);
            check_folded(&query.email);
        }
        Err(error) => check_rejection(&error, input),
    }
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    match read_room_query(text) {
        Ok((query, paging, _)) => {
            check_paging(paging);
            check_folded(&query.name);
            let text = written(&query, paging);
            match read_room_query(&text) {
                Ok((again, same, _)) => {
                    let (again, first) = ((again, same), (query, paging));
                    assert_eq!(format!("{again:?}"), format!("{first:?}"));
                }
                // Some characters become several in lower case.
                Err(error) => {
                    assert_eq!(error.to_string(), "query must have at most 255 characters");
                }
            }
        }
        Err(error) => check_rejection(&error, input),
    }
}

/// Checks that a page is within its limits.
fn check_paging(paging: Paging) {
    assert!((1..=2_147_483_647).contains(&paging.page()));
    assert!((1..=100).contains(&paging.size()));
    assert!(paging.offset() < 100 * 2_147_483_647);
}

/// Checks that a part is folded.
fn check_folded(part: &Part) {
    let folded = part.to_condition().unwrap_or_default();
    assert_eq!(fold(&folded), folded);
}

fn words(sort: RoomSort) -> &'static str {
    match sort {
        RoomSort::CreatedAscending => "created_date asc",
        RoomSort::CreatedDescending => "created_date desc",
        RoomSort::NameAscending => "name asc",
        RoomSort::NameDescending => "name desc",
    }
}

/// Returns the query string of a search with all of its conditions.
fn written(query: &RoomQuery, paging: Paging) -> String {
    let email = query.creator_email.as_ref().map(Email::as_str);
    let fields = [
        ("query", query.name.to_condition()),
        ("creator_email", email.map(str::to_owned)),
        ("user_id", query.creator_guid.map(|guid| guid.to_string())),
        (
            "created_after",
            query.created_from.map(Timestamp::to_zoneless),
        ),
        (
            "created_before",
            query.created_before.map(Timestamp::to_rfc3339),
        ),
        ("sort", Some(words(query.sort).to_owned())),
        ("page", Some(paging.page().to_string())),
        ("size", Some(paging.size().to_string())),
    ];
    let mut text = Serializer::new(String::new());
    for (name, value) in fields {
        text.extend_pairs(value.map(|value| (name, value)));
    }
    text.finish()
}
