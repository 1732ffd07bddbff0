//! The ceiling: as fast as actix-web can answer the call. The same key is checked, the same body
//! parsed, an answer of the same size serialised, and there is no database.

use crate::wire::{OPTIONS, RoomRequest, RoomResponse, key_from_header, key_of};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, error, web};
use serde_json::value::RawValue;
use std::io;
use subtle::ConstantTimeEq;

struct Key {
    access_key: String,
    digest: [u8; 32],
}

/// Serves callers that send this key, from so many threads.
pub(crate) async fn serve(authorization: &str, workers: usize) -> io::Result<()> {
    let (access_key, digest) = key_from_header(authorization).ok_or(io::ErrorKind::InvalidInput)?;
    let key = web::Data::new(Key {
        access_key: access_key.to_owned(),
        digest,
    });
    let app = move || {
        App::new()
            .app_data(key.clone())
            .route("/xapi/v2/room", web::post().to(answer))
    };
    let server = HttpServer::new(app).workers(workers);
    server.listen(crate::listen()?)?.run().await
}

async fn answer(
    request: HttpRequest,
    body: web::Bytes,
    key: web::Data<Key>,
) -> actix_web::Result<HttpResponse> {
    let known = key_of(&request).is_some_and(|(access_key, digest)| {
        access_key == key.access_key && bool::from(digest.ct_eq(&key.digest))
    });
    if !known {
        return Err(error::ErrorUnauthorized("no valid key"));
    }
    let room: RoomRequest<'_> = serde_json::from_slice(&body).map_err(error::ErrorBadRequest)?;
    let ui_options: &RawValue = serde_json::from_str(OPTIONS)?;
    Ok(HttpResponse::Ok().json(RoomResponse {
        room_guid: "0197A3C2-6414-7046-87A6-67730D5F9F08".into(),
        name: &room.name,
        lang: room.lang.as_deref().unwrap_or("en-US"),
        url: "http://127.0.0.1:8080/groups/room/12345678-test-room_k3v9q2d7xm".into(),
        created_date: "2026-11-23T08:45:00".into(),
        tags: None,
        inaccessible_replay: false,
        allow_recording: true,
        creator_email: &room.creator_email,
        ui_options,
    }))
}
