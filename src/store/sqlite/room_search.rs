//! Which scans find the rooms of a search.

use super::scan::{Order, Scan};
use crate::model::{RoomQuery, RoomSort, Timestamp};
use crate::store::Error;
use rusqlite::Connection;

/// Returns the scan for a query.
///
/// Names are in one index and dates in another, so what has conditions on both is found by a scan of
/// each: a read of every row would take many times as long.
pub(super) fn scan_for(connection: &Connection, query: &RoomQuery) -> Result<Scan, Error> {
    let order = match query.sort {
        RoomSort::CreatedAscending => date_order(connection, Order::NumberAscending)?,
        RoomSort::CreatedDescending => date_order(connection, Order::NumberDescending)?,
        RoomSort::NameAscending => Order::Columns("name_key"),
        RoomSort::NameDescending => Order::Columns("name_key DESC"),
    };
    let (mut named, mut dated) = (select_ids(), select_ids());
    // `instr` knows no wildcards: every character stands for itself.
    named.condition("instr(name_key, ?) > 0", query.name.to_condition());
    let seconds = |bound: Option<Timestamp>| bound.map(Timestamp::as_unix);
    dated.condition("created_at >= ?", seconds(query.created_from));
    dated.condition("created_at < ?", seconds(query.created_before));
    let begins_with_names = match query.sort {
        RoomSort::NameAscending | RoomSort::NameDescending => true,
        _ => order.is_number() && named.has_conditions(),
    };
    let (mut scan, others) = if begins_with_names {
        (named, dated)
    } else {
        (dated, named)
    };
    let creator = query.creator_email.as_ref();
    scan.equals("creator_email", creator.map(|email| email.key().to_owned()));
    scan.condition(
        "creator_email = (SELECT email_key FROM users WHERE user_guid = ?)",
        query.creator_guid.map(|guid| *guid.as_bytes()),
    );
    scan.among(others);
    scan.order_by(order);
    Ok(scan)
}

fn select_ids() -> Scan {
    Scan::new("SELECT room_id FROM rooms")
}

/// Returns the order by numbers, in which rooms are by date too, unless the clock was set back.
fn date_order(connection: &Connection, by_number: Order) -> Result<Order, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM rooms WHERE is_backdated = 1)";
    let mut statement = connection.prepare_cached(sql)?;
    let has_backdated: bool = statement.query_row([], |row| row.get(0))?;
    Ok(match by_number {
        Order::NumberAscending if has_backdated => Order::Columns("created_at, room_id"),
        Order::NumberDescending if has_backdated => Order::Columns("created_at DESC, room_id DESC"),
        by_number => by_number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Email, LangTag, OptionsPatch, Paging, PersonName, RoomDraft, RoomName, Surname,
        UserDefaults, UserProfile,
    };
    use crate::store::Missing;
    use crate::store::sqlite::Engine;
    use std::ops::ControlFlow;

    async fn create(engine: &Engine, name: &str) {
        let email = Email::parse(&format!("{name}@example.com")).expect("an address");
        let person = PersonName::parse(name).expect("a name");
        let profile = UserProfile::new(
            email.clone(),
            person,
            Surname::default(),
            &UserDefaults::default(),
        );
        engine.insert_user(profile).await.expect("a user");
        let draft = RoomDraft {
            creator_email: email,
            name: RoomName::parse(name).expect("a name"),
            fallback_name: None,
            lang: LangTag::parse("en").expect("a language"),
            options: OptionsPatch::default(),
            tags: None,
            allow_recording: true,
            inaccessible_replay: false,
            registration: None,
        };
        engine.get_or_create_default(draft).await.expect("a room");
    }

    async fn newest_first(engine: &Engine, part: &str) -> Vec<String> {
        let query = RoomQuery {
            name: crate::model::Part::parse(part).expect("a part"),
            ..RoomQuery::default()
        };
        let found = engine.list_rooms(query, Paging::default()).await;
        let rooms = found.expect("rooms").entries.into_iter();
        rooms.map(|room| room.name.as_str().to_owned()).collect()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn rooms_are_by_date_although_the_clock_was_set_back() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let engine = Engine::open(&folder.path().join("a.db"), Missing::Create, &mut |_| {
            ControlFlow::Continue(())
        })
        .expect("a database");
        create(&engine, "one").await;
        create(&engine, "two").await;
        assert_eq!(newest_first(&engine, "").await, ["two", "one"]);
        // As if the clock had been an hour ahead.
        let later = |connection: &Connection| {
            connection.execute("UPDATE rooms SET created_at = created_at + 3600", [])?;
            Ok(())
        };
        engine.writer.submit(later).await.expect("a change");
        create(&engine, "three").await;
        assert_eq!(newest_first(&engine, "").await, ["two", "one", "three"]);
        assert_eq!(newest_first(&engine, "o").await, ["two", "one"]);
    }
}
