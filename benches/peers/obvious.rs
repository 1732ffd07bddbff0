//! The obvious design, which comes to mind first: each request runs on a blocking thread, all
//! connections of one pool write, each new room is one durable transaction.

use crate::sqlite::{INSERT, configure, identity};
use crate::wire::{OPTIONS, RoomRequest, RoomResponse, key_of};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, web};
use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use serde_json::value::RawValue;
use std::error::Error;
use uuid::Uuid;

type Connections = Pool<SqliteConnectionManager>;

struct Room {
    guid: Uuid,
    name: String,
    slug_token: String,
    lang: String,
    created_date: String,
    creator_email: String,
    options: Box<RawValue>,
}

#[expect(clippy::disallowed_methods, reason = "this is not the store")]
pub(crate) async fn serve(file: &str) -> Result<(), Box<dyn Error>> {
    let manager = SqliteConnectionManager::file(file).with_init(configure);
    let pool = web::Data::new(Pool::new(manager)?);
    let app = move || {
        App::new()
            .app_data(pool.clone())
            .route("/xapi/v2/room", web::post().to(answer))
    };
    let server = HttpServer::new(app).workers(1);
    Ok(server.listen(crate::listen()?)?.run().await?)
}

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    pool: web::Data<Connections>,
) -> actix_web::Result<HttpResponse> {
    let sent = key_of(&request).map(|(access_key, digest)| (access_key.to_owned(), digest));
    let (access_key, digest) = sent.ok_or_else(|| error::ErrorUnauthorized("no key"))?;
    let work = move || get_or_create(&pool, &access_key, digest, &body).map_err(|e| e.to_string());
    let found = web::block(work).await?;
    let (room, created) = found.map_err(error::ErrorInternalServerError)?;
    let mut response = if created {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(RoomResponse {
        room_guid: room.guid.as_hyphenated().to_string().to_uppercase(),
        name: &room.name,
        lang: &room.lang,
        url: format!("http://127.0.0.1:8080/groups/room/{}", room.slug_token),
        created_date: room.created_date,
        tags: None,
        inaccessible_replay: false,
        allow_recording: true,
        creator_email: &room.creator_email,
        ui_options: &room.options,
    }))
}

fn get_or_create(
    pool: &Connections,
    access_key: &str,
    digest: [u8; 32],
    body: &[u8],
) -> Result<(Room, bool), Box<dyn Error>> {
    let mut connection = pool.get()?;
    check_key(&connection, access_key, digest)?;
    let request: RoomRequest<'_> = serde_json::from_slice(body)?;
    let email_key = request.creator_email.to_lowercase();
    if let Some(room) = find(&connection, &email_key)? {
        return Ok((room, false));
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = find(&transaction, &email_key)?;
    let created = found.is_none();
    let room = match found {
        Some(room) => room,
        None => insert(&transaction, &email_key, &request)?,
    };
    transaction.commit()?;
    Ok((room, created))
}

fn check_key(connection: &Connection, access_key: &str, digest: [u8; 32]) -> rusqlite::Result<()> {
    let sql = "SELECT 1 FROM api_keys WHERE access_key = ?1 AND digest = ?2 AND revoked_at IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row((access_key, digest), |_| Ok(()))
}

fn find(connection: &Connection, email_key: &str) -> rusqlite::Result<Option<Room>> {
    let sql = "SELECT r.room_guid, r.name, r.slug_token, r.lang,
                      strftime('%Y-%m-%dT%H:%M:%S', r.created_at, 'unixepoch'), u.email, r.options
                 FROM rooms r JOIN users u ON u.email_key = r.creator_email
                WHERE r.creator_email = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row([email_key], room_from_row).optional()
}

fn insert(
    connection: &Connection,
    email_key: &str,
    request: &RoomRequest<'_>,
) -> Result<Room, Box<dyn Error>> {
    let (guid, slug_token) = identity();
    let name_key = request.name.to_lowercase();
    let lang = request.lang.as_deref().unwrap_or("en-US");
    let options = request.options.map_or(OPTIONS, RawValue::get);
    let row = (
        guid.as_bytes(),
        email_key,
        &request.name,
        name_key,
        slug_token,
        lang,
        options,
    );
    connection.prepare_cached(INSERT)?.execute(row)?;
    Ok(find(connection, email_key)?.ok_or("a new room is missing")?)
}

fn room_from_row(row: &Row<'_>) -> rusqlite::Result<Room> {
    let options: String = row.get(6)?;
    Ok(Room {
        guid: Uuid::from_bytes(row.get(0)?),
        name: row.get(1)?,
        slug_token: row.get(2)?,
        lang: row.get(3)?,
        created_date: row.get(4)?,
        creator_email: row.get(5)?,
        options: RawValue::from_string(options).map_err(|_| rusqlite::Error::InvalidQuery)?,
    })
}
